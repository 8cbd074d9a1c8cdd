/** Tensors in the JSON of the inference protocols. */
@NullMarked
package io.millrace.codec.json;

import org.jspecify.annotations.NullMarked;
