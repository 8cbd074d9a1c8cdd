/** Runs: trainer processes, what they report, and the models they leave. */
@NullMarked
package io.millrace.training.run;

import org.jspecify.annotations.NullMarked;
