/** Tests of payload decoding and encoding. */
@NullMarked
package io.millrace.codec.payload;

import org.jspecify.annotations.NullMarked;
