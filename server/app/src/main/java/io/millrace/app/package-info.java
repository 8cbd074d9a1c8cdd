/** The server: main, configuration and all wiring. */
@NullMarked
package io.millrace.app;

import org.jspecify.annotations.NullMarked;
