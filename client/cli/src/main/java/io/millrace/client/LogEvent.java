package io.millrace.client;

import java.time.Duration;
import java.time.Instant;

/** What following a pipeline's log brings. */
public sealed interface LogEvent {

    /**
     * A line that a step wrote.
     *
     * @param step the function's name
     * @param worker which of its processes
     * @param time when
     * @param text the line, without its end
     */
    record Line(String step, String worker, Instant time, String text) implements LogEvent {}

    /** So many lines were not kept, because they came faster than they could be sent. */
    record Lost(long lines) implements LogEvent {}

    /** The connection ended; it is tried again after the pause. */
    record Reconnecting(String reason, Duration pause) implements LogEvent {}
}
