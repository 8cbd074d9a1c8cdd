/** Tests of what reaches a collector. */
@NullMarked
package io.millrace.telemetry.otlp;

import org.jspecify.annotations.NullMarked;
