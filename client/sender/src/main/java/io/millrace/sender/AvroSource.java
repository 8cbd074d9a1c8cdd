package io.millrace.sender;

import io.millrace.api.MillraceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The samples of another source as Avro records: a field for each number. */
final class AvroSource implements SampleSource {

    private final SampleSource raw;
    private final Encoding.Raw from;
    private final Encoding.Avro encoding;

    private AvroSource(SampleSource raw, Encoding.Raw from, Encoding.Avro encoding) {
        this.raw = raw;
        this.from = from;
        this.encoding = encoding;
    }

    /**
     * Wraps a source and takes it over.
     *
     * @param fields names of the numbers; empty for f0, f1 and so on
     */
    static AvroSource of(SampleSource raw, Encoding.Raw from, List<String> fields, String label) {
        int count = size(from.shape());
        if (size(from.labelShape()) != 1) {
            throw MillraceException.invalid(
                    "a label of shape %s is no single number; send it as raw"
                            .formatted(from.labelShape()));
        }
        var names = new LinkedHashSet<String>();
        for (int i = 0; i < count; i++) {
            String name = fields.size() == count ? plain(fields.get(i)) : "f" + i;
            names.add(names.contains(name) ? name + "_" + i : name);
        }
        return new AvroSource(
                raw,
                from,
                new Encoding.Avro(
                        schema("Sample", List.copyOf(names), from.type()),
                        schema("Label", List.of(plain(label)), from.labelType())));
    }

    private static int size(List<Integer> shape) {
        return shape.stream().reduce(1, Math::multiplyExact);
    }

    /** As Avro wants names: letters, digits and underscores, no digit first. */
    private static String plain(String name) {
        String kept = name.replaceAll("[^A-Za-z0-9_]", "_");
        return kept.isEmpty() || Character.isDigit(kept.charAt(0)) ? "_" + kept : kept;
    }

    private static String schema(String name, List<String> fields, NumberType type) {
        String avro =
                type.avro()
                        .orElseThrow(() ->
                                MillraceException.invalid(
                                        "Avro has no numbers like " + type.label()));
        ObjectNode schema =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("type", "record")
                        .put("name", name)
                        .put("namespace", "millrace");
        var list = schema.putArray("fields");
        fields.forEach(field -> list.addObject().put("name", field).put("type", avro));
        return schema.toString();
    }

    @Override
    public Encoding encoding() {
        return encoding;
    }

    @Override
    public long count() {
        return raw.count();
    }

    @Override
    public List<String> notes() {
        return new ArrayList<>(raw.notes());
    }

    @Override
    public @Nullable Sample next() throws IOException {
        Sample sample = raw.next();
        return sample == null
                ? null
                : new Sample(
                        datum(sample.label(), from.labelType()), datum(sample.data(), from.type()));
    }

    private static byte[] datum(byte[] numbers, NumberType type) {
        var out = new ByteArrayOutputStream(numbers.length + numbers.length / 2);
        var in = ByteBuffer.wrap(numbers).order(ByteOrder.LITTLE_ENDIAN);
        String avro = type.avro().orElseThrow();
        var eight = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            switch (avro) {
                case "boolean" -> out.write(in.get() == 0 ? 0 : 1);
                case "float" -> out.write(eight.putFloat(0, (float) type.read(in)).array(), 0, 4);
                case "double" -> out.write(eight.putDouble(0, type.read(in)).array(), 0, 8);
                default ->
                        zigzag(out, type == NumberType.INT64 ? in.getLong() : (long) type.read(in));
            }
        }
        return out.toByteArray();
    }

    private static void zigzag(ByteArrayOutputStream out, long number) {
        long rest = (number << 1) ^ (number >> 63);
        while ((rest & ~0x7fL) != 0) {
            out.write((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    @Override
    public void close() throws IOException {
        raw.close();
    }
}
