/** Tests of transformers. */
@NullMarked
package io.millrace.inference.transformer;

import org.jspecify.annotations.NullMarked;
