package io.millrace.spi;

/**
 * How taking data for a data source goes.
 *
 * @param isTaking whether data comes in as it should
 * @param reason one word in CamelCase for programs, such as {@code BrokerAway}
 * @param message a sentence for people; may be empty. It stays the same while nothing changes, so
 *     it holds no counts and times
 */
public record SourceState(boolean isTaking, String reason, String message) {
    /** All is well, and there is nothing to say. */
    public static final SourceState LISTENING = new SourceState(true, "Listening", "");
}
