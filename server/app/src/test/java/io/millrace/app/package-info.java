/** Tests of configuration, wiring and lifecycle. */
@NullMarked
package io.millrace.app;

import org.jspecify.annotations.NullMarked;
