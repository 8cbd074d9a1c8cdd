/** Tests of samples from the log. */
@NullMarked
package io.millrace.training.samples;

import org.jspecify.annotations.NullMarked;
