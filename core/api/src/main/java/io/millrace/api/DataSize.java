package io.millrace.api;

import java.util.Locale;
import java.util.Optional;

/**
 * An amount of memory or disk.
 *
 * @param bytes not negative
 */
public record DataSize(long bytes) implements Comparable<DataSize> {

    public DataSize {
        if (bytes < 0) {
            throw MillraceException.invalid("a size must not be negative, was " + bytes);
        }
    }

    /** So many mebibytes. */
    public static DataSize ofMebibytes(long count) {
        return new DataSize(Math.multiplyExact(count, 1L << 20));
    }

    /** Reads {@code 512Mi}, {@code 1GiB}, {@code 64MB}, {@code 1048576}; empty when it is none. */
    public static Optional<DataSize> parse(String text) {
        String trimmed = text.strip();
        int digits = 0;
        while (digits < trimmed.length() && Character.isDigit(trimmed.charAt(digits))) {
            digits++;
        }
        if (digits == 0 || digits > 15) {
            return Optional.empty();
        }
        long count = Long.parseLong(trimmed.substring(0, digits));
        long unit =
                switch (trimmed.substring(digits).strip().toLowerCase(Locale.ROOT)) {
                    case "", "b" -> 1L;
                    case "k", "kb" -> 1_000L;
                    case "ki", "kib" -> 1L << 10;
                    case "m", "mb" -> 1_000_000L;
                    case "mi", "mib" -> 1L << 20;
                    case "g", "gb" -> 1_000_000_000L;
                    case "gi", "gib" -> 1L << 30;
                    default -> 0L;
                };
        if (unit == 0 || count > Long.MAX_VALUE / unit) {
            return Optional.empty();
        }
        return Optional.of(new DataSize(count * unit));
    }

    @Override
    public int compareTo(DataSize other) {
        return Long.compare(bytes, other.bytes);
    }

    @Override
    public String toString() {
        if (bytes >= 1L << 30 && bytes % (1L << 30) == 0) {
            return (bytes >> 30) + "Gi";
        }
        if (bytes >= 1L << 20 && bytes % (1L << 20) == 0) {
            return (bytes >> 20) + "Mi";
        }
        if (bytes >= 1L << 10 && bytes % (1L << 10) == 0) {
            return (bytes >> 10) + "Ki";
        }
        return Long.toString(bytes);
    }
}
