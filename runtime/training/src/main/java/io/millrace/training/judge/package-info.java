/** Judges versions of models on the samples that were held back from them. */
@NullMarked
package io.millrace.training.judge;

import org.jspecify.annotations.NullMarked;
