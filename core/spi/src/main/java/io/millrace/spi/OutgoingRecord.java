package io.millrace.spi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record on its way into the log. Arrays are handed over.
 *
 * @param topic of the log
 * @param key records of equal key keep their order; null when order does not matter
 * @param value the payload
 * @param headers in order, names may repeat
 * @param timestampMillis when it happened, milliseconds since the epoch
 */
public record OutgoingRecord(
        String topic,
        byte @Nullable [] key,
        byte[] value,
        List<Header> headers,
        long timestampMillis) {}
