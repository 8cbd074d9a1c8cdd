/** The command line and the Java client it uses. */
@NullMarked
package io.millrace.cli;

import org.jspecify.annotations.NullMarked;
