/** Tests of the reconcile loop, stepped by hand in simulated time. */
@NullMarked
package io.millrace.control;

import org.jspecify.annotations.NullMarked;
