package io.millrace.spi;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * To which trace a piece of work belongs, as the header {@link #HEADER} of W3C Trace Context says
 * it: {@code 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01}.
 *
 * @param traceHigh the first half of the trace's id
 * @param traceLow the second half
 * @param spanId of the span that is meant; 0 when the trace has none yet
 * @param isSampled whether its spans are wanted
 */
public record TraceContext(long traceHigh, long traceLow, long spanId, boolean isSampled) {

    /** Of HTTP requests, gRPC metadata, MQTT 5 user properties, and records of the log. */
    public static final String HEADER = "traceparent";

    private static final int LENGTH = 55;
    private static final int SPAN_AT = 36;
    private static final HexFormat HEX = HexFormat.of();

    /** Reads the header; null for anything that is not one. */
    public static @Nullable TraceContext parse(byte[] header) {
        return header.length < LENGTH || header.length > 2 * LENGTH
                ? null
                : parse(new String(header, StandardCharsets.ISO_8859_1));
    }

    /** Reads the header; null for anything that is not one. */
    public static @Nullable TraceContext parse(String header) {
        if (!hasForm(header)) {
            return null;
        }
        long high = HexFormat.fromHexDigitsToLong(header, 3, 19);
        long low = HexFormat.fromHexDigitsToLong(header, 19, 35);
        long span = HexFormat.fromHexDigitsToLong(header, SPAN_AT, 52);
        boolean isSampled = (HexFormat.fromHexDigit(header.charAt(54)) & 1) == 1;
        return (high | low) == 0 || span == 0 ? null : new TraceContext(high, low, span, isSampled);
    }

    /** A later version may have more behind it, after a dash. */
    private static boolean hasForm(String text) {
        boolean isLong = text.length() > LENGTH;
        if (text.length() < LENGTH
                || (isLong && (text.startsWith("00") || text.charAt(LENGTH) != '-'))
                || text.startsWith("ff")) {
            return false;
        }
        for (int i = 0; i < LENGTH; i++) {
            char c = text.charAt(i);
            boolean isDash = i == 2 || i == SPAN_AT - 1 || i == 52;
            boolean isDigit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
            if (isDash ? c != '-' : !isDigit) {
                return false;
            }
        }
        return true;
    }

    /** The header's value. */
    public String text() {
        return "00-" + traceId() + "-" + spanText() + (isSampled ? "-01" : "-00");
    }

    /** 32 digits. */
    public String traceId() {
        return HEX.toHexDigits(traceHigh) + HEX.toHexDigits(traceLow);
    }

    /** The span's id: 16 digits. */
    public String spanText() {
        return HEX.toHexDigits(spanId);
    }

    /** Another span of the same trace. */
    public TraceContext at(long span) {
        return new TraceContext(traceHigh, traceLow, span, isSampled);
    }
}
