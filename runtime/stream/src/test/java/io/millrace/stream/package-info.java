/** Tests of pipeline tasks: rule by rule, and whole lives in simulated time. */
@NullMarked
package io.millrace.stream;

import org.jspecify.annotations.NullMarked;
