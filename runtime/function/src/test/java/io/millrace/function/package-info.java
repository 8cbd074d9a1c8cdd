/** Tests of function workers, with real Python processes. */
@NullMarked
package io.millrace.function;

import org.jspecify.annotations.NullMarked;
