package io.millrace.codec.payload;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/** One binary Avro datum, a record of numbers; its fields make one vector. */
final class AvroDecoder implements PayloadDecoder {

    private static final int MAX_VARINT_BYTES = 10;

    private final ItemLayout layout;
    private final ElementWriter writer;
    private final AvroSchema.Field[] fields;
    private final int[] targets;
    private final boolean isInOrder;
    private byte[] data = new byte[0];
    private int at;

    AvroDecoder(ItemLayout layout, AvroSchema schema, List<String> names) {
        this.layout = layout;
        this.writer = new ElementWriter(layout);
        this.fields = schema.fields().toArray(AvroSchema.Field[]::new);
        this.targets = new int[fields.length];
        this.isInOrder = names.isEmpty();
        int[] chosen = schema.chosen(names);
        Arrays.fill(targets, -1);
        for (int i = 0; i < chosen.length; i++) {
            targets[chosen[i]] = i;
        }
        if (chosen.length != layout.elements()) {
            throw MillraceException.invalid(
                    "the Avro schema makes %d numbers, but an item is %s numbers"
                            .formatted(
                                    chosen.length, ItemLayout.times(layout.itemShape().toArray())));
        }
    }

    @Override
    public DataType type() {
        return layout.type();
    }

    @Override
    public Shape itemShape() {
        return layout.itemShape();
    }

    @Override
    public int itemBytes() {
        return layout.itemBytes();
    }

    @Override
    public void decode(byte[] payload, byte[] batch, int item) {
        data = payload;
        at = 0;
        writer.startItem(batch, item);
        for (int i = 0; i < fields.length; i++) {
            readField(i);
        }
        if (at != payload.length) {
            throw MillraceException.invalid(
                    "payload: expected one Avro record of %d fields, but %d bytes follow its %d bytes"
                            .formatted(fields.length, payload.length - at, at));
        }
        data = new byte[0];
        writer.endItem();
    }

    private void readField(int index) {
        AvroSchema.Field field = fields[index];
        boolean isNull = false;
        if (field.nullBranch() >= 0) {
            long branch = varint(field);
            if (branch != 0 && branch != 1) {
                throw MillraceException.invalid(
                        "field '%s': expected branch 0 or 1 of its union, got %d; is the schema the sender's?"
                                .formatted(field.name(), branch));
            }
            isNull = branch == field.nullBranch();
        }
        int target = targets[index];
        if (target < 0) {
            skip(field, isNull);
            return;
        }
        if (isNull) {
            throw MillraceException.invalid(
                    "field '%s': expected a number, got null".formatted(field.name()));
        }
        if (!isInOrder) {
            writer.startField(target);
        }
        readNumber(field);
    }

    private void readNumber(AvroSchema.Field field) {
        switch (field.primitive()) {
            case BOOLEAN -> readBoolean(field);
            case INT, LONG -> writer.putLong(varint(field));
            case FLOAT -> {
                int start = take(field, Float.BYTES);
                writer.putDouble((float) ElementWriter.FP32.get(data, start));
            }
            case DOUBLE -> {
                int start = take(field, Double.BYTES);
                writer.putDouble((double) ElementWriter.FP64.get(data, start));
            }
            case NULL, BYTES, STRING ->
                    throw MillraceException.internal("a field without number was chosen", null);
        }
    }

    private void readBoolean(AvroSchema.Field field) {
        byte value = data[take(field, 1)];
        if (value != 0 && value != 1) {
            throw MillraceException.invalid(
                    "field '%s': expected a boolean of 0 or 1, got %d; is the schema the sender's?"
                            .formatted(field.name(), value));
        }
        writer.putLong(value);
    }

    private void skip(AvroSchema.Field field, boolean isNull) {
        if (isNull) {
            return;
        }
        switch (field.primitive()) {
            case NULL -> {}
            case BOOLEAN -> take(field, 1);
            case INT, LONG -> varint(field);
            case FLOAT -> take(field, Float.BYTES);
            case DOUBLE -> take(field, Double.BYTES);
            case BYTES, STRING -> take(field, varint(field));
        }
    }

    /** Goes over some bytes and says where they begin. */
    private int take(AvroSchema.Field field, long bytes) {
        if (bytes < 0 || bytes > data.length - at) {
            throw MillraceException.invalid(
                    "field '%s' at byte %d: expected %d more bytes, got %d; is the schema the sender's?"
                            .formatted(field.name(), at, bytes, data.length - at));
        }
        int start = at;
        at += (int) bytes;
        return start;
    }

    /** A whole number, small ones of either sign in few bytes. */
    private long varint(AvroSchema.Field field) {
        long bits = 0;
        for (int i = 0; i < MAX_VARINT_BYTES; i++) {
            byte next = data[take(field, 1)];
            bits |= (long) (next & 0x7f) << (7 * i);
            if (next >= 0) {
                return (bits >>> 1) ^ -(bits & 1);
            }
        }
        throw MillraceException.invalid(
                "field '%s': a whole number of more than %d bytes; is the schema the sender's?"
                        .formatted(field.name(), MAX_VARINT_BYTES));
    }
}
