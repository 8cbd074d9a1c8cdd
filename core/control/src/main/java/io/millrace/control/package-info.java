/** The reconcile loop: makes the runtime match what was declared. */
@NullMarked
package io.millrace.control;

import org.jspecify.annotations.NullMarked;
