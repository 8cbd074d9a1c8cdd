/** Tests of runs. */
@NullMarked
package io.millrace.training.run;

import org.jspecify.annotations.NullMarked;
