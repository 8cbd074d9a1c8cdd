/** Payloads to tensors and back: what a model sees in production and in training alike. */
@NullMarked
package io.millrace.codec.payload;

import org.jspecify.annotations.NullMarked;
