package io.millrace.codec.training;

import io.millrace.api.DatasetSpec;
import io.millrace.api.DecodeSpec.Format;
import io.millrace.api.LabelSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.SplitSpec;
import io.millrace.api.TopicRange;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The message by which a sender says that samples are in the log, in all forms that senders write.
 * Only the topic and its format must be there; the order of fields does not matter, and fields that
 * are not known are passed over.
 *
 * @param number of the experiment that it is for
 * @param dataset the samples
 * @param isLive whether more come behind those of its ranges
 */
public record ControlMessage(long number, DatasetSpec dataset, boolean isLive) {

    private static final int MOST_RANGES = 10_000;

    /**
     * Reads one.
     *
     * @param key the number as big-endian bytes without sign
     * @param value JSON
     * @throws MillraceException {@code INVALID} or {@code UNSUPPORTED}, saying what was expected
     */
    public static ControlMessage parse(byte @Nullable [] key, byte[] value) {
        long number = number(key);
        JsonNode fields = InputConfig.tree("the message", utf8(value));
        if (!fields.isObject()) {
            throw MillraceException.invalid(
                    "the message: expected a JSON object with topic and input_config, got "
                            + InputConfig.shorten(fields.toString()));
        }
        List<TopicRange> ranges = ranges(fields, "topic");
        if (ranges.isEmpty()) {
            throw MillraceException.invalid(
                    "topic: expected ranges such as digits:0:0:7000, got none; nothing was sent");
        }
        InputConfig config = config(fields);
        LabelSpec label =
                config.label()
                        .orElseThrow(() ->
                                MillraceException.invalid(
                                        "input_config: expected label_type or label_scheme,"
                                                + " which say how keys are labels"));
        var dataset =
                new DatasetSpec(
                        ranges,
                        ranges(fields, "unsupervised_topic"),
                        config.decode(),
                        label,
                        split(fields),
                        InputConfig.text(fields, "description").orElse(""));
        return new ControlMessage(number, dataset, isLive(fields));
    }

    /**
     * The number that a key holds.
     *
     * @throws MillraceException {@code INVALID} when it holds none
     */
    public static long number(byte @Nullable [] key) {
        if (key == null || key.length == 0 || key.length > Long.BYTES) {
            throw MillraceException.invalid(
                    "the key: expected the experiment's number in 1 to 8 bytes, got "
                            + (key == null ? "none" : key.length + " bytes"));
        }
        long number = 0;
        for (byte b : key) {
            number = number << Byte.SIZE | (b & 0xff);
        }
        if (number < 0) {
            throw MillraceException.invalid(
                    "the key: expected the number of an experiment, got "
                            + Long.toUnsignedString(number));
        }
        return number;
    }

    /** The key of a number: one byte where that is enough, as older readers expect. */
    public static byte[] key(long number) {
        int bytes = Math.max(1, (Long.SIZE - Long.numberOfLeadingZeros(number) + 7) / 8);
        byte[] key = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            key[bytes - 1 - i] = (byte) (number >>> (Byte.SIZE * i));
        }
        return key;
    }

    /**
     * Whether a dataset can be said in a message: senders know RAW and AVRO with labels in keys.
     */
    public static boolean canSay(DatasetSpec dataset) {
        Format format = dataset.decode().format();
        return (format == Format.RAW || format == Format.AVRO)
                && dataset.label().decode().format() == format
                && dataset.label().place() == LabelSpec.Place.KEY;
    }

    /**
     * The value that says the same, for sending again.
     *
     * @throws MillraceException {@code INVALID} when there is no such message for this dataset
     */
    public byte[] value() {
        if (!canSay(dataset)) {
            throw MillraceException.invalid(
                    "control messages know raw and avro payloads with labels in keys; this dataset"
                            + " has %s with labels in %s"
                                    .formatted(
                                            word(dataset.decode().format()),
                                            word(dataset.label().place())));
        }
        ObjectNode fields = InputConfig.JSON.createObjectNode();
        fields.put("topic", text(dataset.ranges()));
        if (dataset.unlabelled().isEmpty()) {
            fields.putNull("unsupervised_topic");
        } else {
            fields.put("unsupervised_topic", text(dataset.unlabelled()));
        }
        fields.put("input_format", InputConfig.format(dataset.decode()));
        fields.put("description", dataset.description());
        fields.putObject("dataset_restrictions");
        fields.set("input_config", InputConfig.tree(dataset.decode(), dataset.label()));
        fields.put("validation_rate", dataset.split().validation());
        fields.put("test_rate", dataset.split().test());
        if (dataset.isClosed()) {
            fields.put("total_msg", total(dataset.ranges()));
        } else {
            fields.putNull("total_msg");
        }
        fields.put("incremental", isLive);
        return fields.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static long total(List<TopicRange> ranges) {
        return ranges.stream().mapToLong(range -> range.end().orElseThrow() - range.start()).sum();
    }

    /** The ranges with commas between them, as senders write them. */
    public static String text(List<TopicRange> ranges) {
        return String.join(",", ranges.stream().map(TopicRange::toString).toList());
    }

    /**
     * Reads ranges with commas between them.
     *
     * @throws MillraceException {@code INVALID}, saying what was expected
     */
    public static List<TopicRange> ranges(String text) {
        var ranges = new ArrayList<TopicRange>();
        for (String part : text.split(",", -1)) {
            if (!part.isBlank()) {
                ranges.add(TopicRange.parse(part));
            }
        }
        if (ranges.size() > MOST_RANGES) {
            throw MillraceException.invalid(
                    "%d ranges: at most %d are taken".formatted(ranges.size(), MOST_RANGES));
        }
        return ranges;
    }

    private static List<TopicRange> ranges(JsonNode fields, String name) {
        try {
            return ranges(InputConfig.text(fields, name).orElse(""));
        } catch (MillraceException e) {
            throw new MillraceException(e.code(), name + ": " + e.text(), e);
        }
    }

    private static InputConfig config(JsonNode fields) {
        JsonNode config = fields.path("input_config");
        if (config.isMissingNode() || config.isNull()) {
            throw MillraceException.invalid(
                    "input_config: expected an object that says how samples are written, got"
                            + " nothing");
        }
        return InputConfig.parse(InputConfig.text(fields, "input_format").orElse("RAW"), config);
    }

    private static SplitSpec split(JsonNode fields) {
        return new SplitSpec(
                rate(fields, "validation_rate"),
                rate(fields, "test_rate"),
                SplitSpec.Order.STRATIFIED,
                0);
    }

    private static double rate(JsonNode fields, String name) {
        String text = InputConfig.text(fields, name).orElse("0");
        try {
            double rate = Double.parseDouble(text.strip());
            if (rate >= 0 && rate <= 1) {
                return rate;
            }
        } catch (NumberFormatException _) {
            // the same answer as for numbers that are no rates
        }
        throw MillraceException.invalid(
                "%s: expected a number from 0 to 1, got %s"
                        .formatted(name, InputConfig.shorten(text)));
    }

    private static boolean isLive(JsonNode fields) {
        JsonNode value = fields.path("incremental");
        if (value.isMissingNode() || value.isNull()) {
            return false;
        }
        String text = value.isString() ? value.stringValue() : value.toString();
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "true", "1" -> true;
            case "false", "0", "" -> false;
            default ->
                    throw MillraceException.invalid(
                            "incremental: expected true or false, got "
                                    + InputConfig.shorten(text));
        };
    }

    private static String utf8(byte[] value) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
        } catch (CharacterCodingException e) {
            throw new MillraceException(
                    io.millrace.api.ErrorCode.INVALID, "the message: expected JSON in UTF-8", e);
        }
    }
}
