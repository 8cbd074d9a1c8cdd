package io.millrace.inference.protocol;

import java.time.Duration;
import java.time.Instant;

/**
 * One call in the request log.
 *
 * @param time when it ended
 * @param id as the caller gave it, or as it was answered; empty for none
 * @param protocol such as {@code v2} or {@code grpc}
 * @param version which answered; 0 when none did
 * @param status as HTTP has it
 * @param error what the caller was told; empty when it was answered
 * @param latency from the request's head to the end of the answer
 * @param requestBytes of the body, not compressed
 * @param answerBytes of the body, not compressed; 0 for an error
 * @param payload the first bytes of the request as text; empty unless asked for, and over gRPC,
 *     whose messages are no text
 */
public record LoggedCall(
        Instant time,
        String id,
        String protocol,
        int version,
        int status,
        String error,
        Duration latency,
        long requestBytes,
        long answerBytes,
        String payload) {

    private static final int MAX_TEXT = 200;

    /** Callers choose how long their ids are; the log's memory is not theirs. */
    public static String shortened(String text) {
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "…";
    }
}
