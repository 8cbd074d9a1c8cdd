/** The reconcile loop: makes the runtime match what was declared, one reconciler for each kind. */
@NullMarked
package io.millrace.control;

import org.jspecify.annotations.NullMarked;
