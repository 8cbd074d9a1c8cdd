package io.millrace.spi;

import java.util.Map;

/**
 * A message for a function.
 *
 * @param payload its bytes
 * @param topic at the sender's side
 * @param receivedNanos when it was received, nanoseconds since the epoch
 * @param selectors the categories by which it was chosen: name to value
 */
public record FunctionMessage(
        byte[] payload, String topic, long receivedNanos, Map<String, String> selectors) {}
