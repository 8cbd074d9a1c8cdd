/** Models trained from the log: samples, trainer processes, what they report and what they make. */
@NullMarked
package io.millrace.training;

import org.jspecify.annotations.NullMarked;
