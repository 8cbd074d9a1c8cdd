/** Tests of the work on dead letters. */
@NullMarked
package io.millrace.stream.dead;

import org.jspecify.annotations.NullMarked;
