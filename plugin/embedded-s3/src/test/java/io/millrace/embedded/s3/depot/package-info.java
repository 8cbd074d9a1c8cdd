@NullMarked
package io.millrace.embedded.s3.depot;

import org.jspecify.annotations.NullMarked;
