/** Processes of others: environments they need, and what they use of the machine. */
@NullMarked
package io.millrace.process;

import org.jspecify.annotations.NullMarked;
