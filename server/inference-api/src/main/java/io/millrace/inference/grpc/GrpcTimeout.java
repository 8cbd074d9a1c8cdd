package io.millrace.inference.grpc;

import io.millrace.api.MillraceException;
import java.util.concurrent.TimeUnit;

/** The header {@code grpc-timeout}: up to eight digits and a unit, such as {@code 250m}. */
final class GrpcTimeout {

    /** There is no deadline. */
    static final long NONE = Long.MAX_VALUE;

    private static final int MAX_DIGITS = 8;

    private GrpcTimeout() {}

    /** In nanoseconds; {@link #NONE} for an empty text. */
    static long nanos(String text) {
        if (text.isEmpty()) {
            return NONE;
        }
        int digits = text.length() - 1;
        if (digits == 0 || digits > MAX_DIGITS) {
            throw invalid(text);
        }
        long count = 0;
        for (int i = 0; i < digits; i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                throw invalid(text);
            }
            count = count * 10 + (c - '0');
        }
        return unit(text).toNanos(count);
    }

    private static TimeUnit unit(String text) {
        return switch (text.charAt(text.length() - 1)) {
            case 'H' -> TimeUnit.HOURS;
            case 'M' -> TimeUnit.MINUTES;
            case 'S' -> TimeUnit.SECONDS;
            case 'm' -> TimeUnit.MILLISECONDS;
            case 'u' -> TimeUnit.MICROSECONDS;
            case 'n' -> TimeUnit.NANOSECONDS;
            default -> throw invalid(text);
        };
    }

    private static MillraceException invalid(String text) {
        return MillraceException.invalid(
                "grpc-timeout takes up to 8 digits and one of H, M, S, m, u, n; received '"
                        + text
                        + "'");
    }
}
