/** An object store inside the process, with users of projects. */
@NullMarked
package io.millrace.embedded.s3;

import org.jspecify.annotations.NullMarked;
