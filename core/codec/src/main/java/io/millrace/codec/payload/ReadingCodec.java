package io.millrace.codec.payload;

import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.WindowStep;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Single readings of series in JSON objects, and windows of them: {@code
 * {"station_id":7,"value":13}} in, {@code {"station_id":7,"norm_1":0.07,…}} out. Numbers may be
 * written as text. Not safe for several threads.
 */
public final class ReadingCodec {

    /** More overflow 64 bits for certain; with as many, a negative number shows it. */
    private static final int MAX_DIGITS = 19;

    private final byte[] valueName;
    private final byte[] timeName;
    private final byte[][] keyNames;
    private final String[] keyLabels;
    private final String[] outputLabels;
    private final TimeUnit unit;
    private final double offset;
    private final double divisor;

    private final JsonScanner in = new JsonScanner();
    private final TextNumber text = new TextNumber();
    private final String[] keys;
    private final StringBuilder out = new StringBuilder(256);
    private double value;
    private long time;

    /** The codec of a step. */
    public ReadingCodec(WindowStep step) {
        this.valueName = utf8(step.value());
        this.timeName = utf8(step.time().orElse(""));
        this.keyNames = step.keys().stream().map(ReadingCodec::utf8).toArray(byte[][]::new);
        this.keyLabels = step.keys().stream().map(ReadingCodec::label).toArray(String[]::new);
        this.outputLabels = new String[step.size()];
        for (int i = 0; i < outputLabels.length; i++) {
            outputLabels[i] = label(step.prefix() + (i + 1));
        }
        this.unit = step.unit();
        this.offset = step.offset();
        this.divisor = step.divisor();
        this.keys = new String[keyNames.length];
    }

    private static byte[] utf8(String name) {
        return name.getBytes(StandardCharsets.UTF_8);
    }

    private static String label(String name) {
        var label = new StringBuilder();
        JsonText.append(label, name);
        return label.append(':').toString();
    }

    /**
     * Reads a reading; the other methods then tell of it.
     *
     * @throws MillraceException {@code INVALID}, with what was expected and what came
     */
    public void decode(byte[] payload) {
        in.start(payload);
        if (in.peek() != '{') {
            throw MillraceException.invalid(
                    payload.length == 0
                            ? "the payload is empty, expected a reading in JSON"
                            : "expected an object with a reading, got " + in.kind());
        }
        Arrays.fill(keys, "");
        boolean hasValue = false;
        boolean hasTime = timeName.length == 0;
        in.expect('{');
        if (!in.take('}')) {
            do {
                in.readText();
                boolean isValue = in.textIs(valueName);
                boolean isTime = timeName.length > 0 && in.textIs(timeName);
                int key = key();
                in.expect(':');
                in.peek();
                int start = in.position();
                if (isValue) {
                    value = number("value", valueName);
                    hasValue = true;
                    in.position(start);
                }
                if (isTime) {
                    time = time();
                    hasTime = true;
                    in.position(start);
                }
                in.skip();
                if (key >= 0) {
                    keys[key] = in.textSince(start);
                }
            } while (in.take(','));
            in.expect('}');
        }
        if (in.peek() >= 0) {
            throw MillraceException.invalid("more follows the JSON at byte " + in.position());
        }
        require(hasValue, valueName);
        require(hasTime, timeName);
        for (int i = 0; i < keys.length; i++) {
            require(!keys[i].isEmpty(), keyNames[i]);
        }
    }

    private int key() {
        for (int i = 0; i < keyNames.length; i++) {
            if (in.textIs(keyNames[i])) {
                return i;
            }
        }
        return -1;
    }

    private static void require(boolean isThere, byte[] name) {
        if (!isThere) {
            throw MillraceException.invalid(
                    "the reading lacks the field '%s'"
                            .formatted(new String(name, StandardCharsets.UTF_8)));
        }
    }

    private double number(String what, byte[] name) {
        double number;
        if (in.isNumberNext()) {
            in.readNumber();
            number = in.isWhole() ? in.whole() : in.fraction();
        } else {
            boolean isText = in.peek() == '"';
            String kind = in.kind();
            if (isText) {
                in.readText();
            }
            if (!isText || !text.read(in.data(), in.textStart(), in.textLength())) {
                throw notANumber(what, name, kind);
            }
            number = text.value();
        }
        if (!Double.isFinite(number)) {
            throw notANumber(what, name, "a number that is too large");
        }
        return number;
    }

    private static MillraceException notANumber(String what, byte[] name, String kind) {
        return MillraceException.invalid(
                "the field '%s' is the %s of the reading: expected a number, got %s"
                        .formatted(new String(name, StandardCharsets.UTF_8), what, kind));
    }

    /** Nanoseconds since the epoch. */
    private long time() {
        if (in.isNumberNext()) {
            int start = in.position();
            in.readNumber();
            if (in.fitsLong()) {
                return nanos(in.long64());
            }
            in.position(start);
        } else if (in.peek() == '"') {
            int start = in.position();
            in.readText();
            long whole = wholeText();
            if (whole != Long.MIN_VALUE) {
                return nanos(whole);
            }
            in.position(start);
        }
        double number = number("time", timeName);
        double whole = Math.floor(number);
        return nanos((long) whole) + Math.round((number - whole) * unit.toNanos(1));
    }

    /** Digits alone are exact, which 64-bit floats of nanoseconds are not. */
    private long wholeText() {
        int length = in.textLength();
        if (length == 0 || length > MAX_DIGITS) {
            return Long.MIN_VALUE;
        }
        long whole = 0;
        for (int i = 0; i < length; i++) {
            int digit = in.data()[in.textStart() + i] - '0';
            if (digit < 0 || digit > 9) {
                return Long.MIN_VALUE;
            }
            whole = whole * 10 + digit;
        }
        return whole >= 0 ? whole : Long.MIN_VALUE;
    }

    private long nanos(long number) {
        long nanos = unit.toNanos(number);
        if (unit != TimeUnit.NANOSECONDS && (nanos == Long.MAX_VALUE || nanos == Long.MIN_VALUE)) {
            throw beyond();
        }
        return nanos;
    }

    private MillraceException beyond() {
        return MillraceException.invalid(
                "the field '%s' is beyond the year 2262 when counted in %s: is timeUnit right?"
                        .formatted(
                                new String(timeName, StandardCharsets.UTF_8),
                                unit.name().toLowerCase(java.util.Locale.ROOT)));
    }

    /** The key fields as JSON, in the order in which they are declared: what names the series. */
    public String series() {
        out.setLength(0);
        for (int i = 0; i < keys.length; i++) {
            out.append(i == 0 ? "" : ",").append(keyLabels[i]).append(keys[i]);
        }
        return out.toString();
    }

    /** The reading itself, as it came. */
    public double value() {
        return value;
    }

    /** When it was taken, in nanoseconds since the epoch; only where a time is declared. */
    public long nanos() {
        return time;
    }

    /**
     * Writes a window.
     *
     * @param series as {@link #series} gave it
     * @param readings in rising order of time, as many as the step's size
     * @throws MillraceException {@code INVALID} when a number is too large once it is normalised
     */
    public byte[] encode(String series, double[] readings) {
        out.setLength(0);
        out.append('{').append(series);
        for (int i = 0; i < outputLabels.length; i++) {
            double reading = readings[outputLabels.length - 1 - i];
            double normalised = (reading - offset) / divisor;
            if (!Double.isFinite(normalised)) {
                throw MillraceException.invalid(
                        "the reading " + reading + " is too large once it is normalised");
            }
            out.append(out.length() == 1 ? "" : ",").append(outputLabels[i]);
            PythonNumbers.append(out, normalised);
        }
        return out.append('}').toString().getBytes(StandardCharsets.UTF_8);
    }
}
