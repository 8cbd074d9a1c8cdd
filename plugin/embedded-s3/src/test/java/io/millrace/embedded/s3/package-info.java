@NullMarked
package io.millrace.embedded.s3;

import org.jspecify.annotations.NullMarked;
