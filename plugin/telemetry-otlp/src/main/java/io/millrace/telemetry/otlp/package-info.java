/** Traces to a collector that speaks OTLP over HTTP. */
@NullMarked
package io.millrace.telemetry.otlp;

import org.jspecify.annotations.NullMarked;
