/** Tests of what the readers of JSON bytes share. */
@NullMarked
package io.millrace.codec.scan;

import org.jspecify.annotations.NullMarked;
