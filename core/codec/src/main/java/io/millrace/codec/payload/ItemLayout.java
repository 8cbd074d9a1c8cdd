package io.millrace.codec.payload;

import io.millrace.api.DecodeSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.TensorSpec;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;

/**
 * What one item must look like: its shape, and how the named fields share it. One field holds the
 * whole item; of several fields each holds one slice of the first axis.
 */
final class ItemLayout {

    /** A larger item is a mistake, or more than one batch may take. */
    private static final long MAX_ITEM_BYTES = 256L << 20;

    /** More axes than any model has; what is nested deeper is not counted out in messages. */
    static final int MAX_RANK = 16;

    private final DataType type;
    private final Shape itemShape;
    private final double scale;
    private final List<String> fields;
    private final boolean isReversed;
    private final boolean takesText;
    private final byte[][] fieldBytes;
    private final int[] extents;
    private final int elementsPerField;

    private ItemLayout(DataType type, Shape itemShape, DecodeSpec spec) {
        this.type = type;
        this.itemShape = itemShape;
        this.scale = spec.scale();
        this.fields = spec.fields();
        this.isReversed = spec.order() == DecodeSpec.Order.REVERSED;
        this.takesText = spec.takesText();
        this.fieldBytes =
                fields.stream()
                        .map(name -> name.getBytes(StandardCharsets.UTF_8))
                        .toArray(byte[][]::new);
        int dropped =
                fields.size() <= 1
                        ? 0
                        : isSplitByFirstAxis(itemShape, fields.size()) ? 1 : itemShape.rank();
        this.extents = new int[itemShape.rank() - dropped];
        int product = 1;
        for (int axis = 0; axis < extents.length; axis++) {
            extents[axis] = (int) itemShape.extent(axis + dropped);
            product *= extents[axis];
        }
        this.elementsPerField = product;
    }

    static ItemLayout of(DecodeSpec spec, TensorSpec input) {
        Shape itemShape = itemShape(input);
        long bytes = Math.multiplyExact(itemShape.elements(), (long) input.type().bytes());
        if (bytes > MAX_ITEM_BYTES) {
            throw new MillraceException(
                    ErrorCode.TOO_LARGE,
                    "one item of the model's input '%s' takes %d bytes, allowed are %d"
                            .formatted(input.name(), bytes, MAX_ITEM_BYTES));
        }
        checkFields(spec, itemShape);
        if (!Double.isFinite(spec.scale())) {
            throw MillraceException.invalid("decode.scale must be a finite number");
        }
        return new ItemLayout(input.type(), itemShape, spec);
    }

    /** Else each field is one element, as of {@code [1,6]} with six fields. */
    private static boolean isSplitByFirstAxis(Shape itemShape, int fields) {
        return itemShape.rank() > 0 && itemShape.extent(0) == fields;
    }

    private static Shape itemShape(TensorSpec input) {
        if (input.type() == DataType.BYTES) {
            throw unsupported(input, "takes text, and payloads are decoded to numbers only");
        }
        Shape shape = input.shape();
        if (shape.rank() == 0 || shape.rank() > MAX_RANK) {
            throw unsupported(input, "has no first axis that counts items");
        }
        long[] extents = new long[shape.rank() - 1];
        for (int axis = 0; axis < extents.length; axis++) {
            extents[axis] = shape.extent(axis + 1);
            if (extents[axis] == Shape.ANY) {
                throw unsupported(input, "leaves the shape of an item open");
            }
        }
        return Shape.of(extents);
    }

    private static MillraceException unsupported(TensorSpec input, String why) {
        return new MillraceException(
                ErrorCode.UNSUPPORTED,
                "the model's input '%s' (%s %s) %s; use a function that calls the model instead"
                        .formatted(input.name(), input.type().plainName(), input.shape(), why));
    }

    private static void checkFields(DecodeSpec spec, Shape itemShape) {
        List<String> fields = spec.fields();
        if (new HashSet<>(fields).size() != fields.size()) {
            throw MillraceException.invalid("decode names a field twice: " + fields);
        }
        checkShape(spec, itemShape);
        DecodeSpec.Format format = spec.format();
        if (format == DecodeSpec.Format.RAW
                || format == DecodeSpec.Format.IMAGE
                || format == DecodeSpec.Format.NPY) {
            if (!fields.isEmpty()) {
                throw MillraceException.invalid(
                        "%s payloads have no fields, got %s"
                                .formatted(format.name().toLowerCase(Locale.ROOT), fields));
            }
            return;
        }
        if (fields.size() > 1
                && !isSplitByFirstAxis(itemShape, fields.size())
                && itemShape.elements() != fields.size()) {
            throw MillraceException.invalid(
                    "decode names %d fields, but an item of the model's input is %s numbers"
                            .formatted(fields.size(), times(itemShape.toArray())));
        }
    }

    private static void checkShape(DecodeSpec spec, Shape itemShape) {
        long elements = 1;
        for (int extent : spec.shape()) {
            elements = Math.multiplyExact(elements, (long) extent);
        }
        if (!spec.shape().isEmpty() && elements != itemShape.elements()) {
            throw MillraceException.invalid(
                    "decode.shape %s is %d numbers, but an item of the model's input is %s numbers"
                            .formatted(spec.shape(), elements, times(itemShape.toArray())));
        }
    }

    static DataType rawType(DecodeSpec spec) {
        DataType type =
                spec.type()
                        .orElseThrow(() -> MillraceException.invalid("raw payloads need a type"));
        if (type == DataType.BYTES) {
            throw MillraceException.invalid("raw payloads are numbers, not " + type.plainName());
        }
        return type;
    }

    DataType type() {
        return type;
    }

    Shape itemShape() {
        return itemShape;
    }

    double scale() {
        return scale;
    }

    int itemBytes() {
        return elements() * type.bytes();
    }

    int elements() {
        return Math.toIntExact(itemShape.elements());
    }

    /** How many fields are looked for; 0 when the payload itself is the value. */
    int fieldCount() {
        return fieldBytes.length;
    }

    byte[] fieldBytes(int field) {
        return fieldBytes[field];
    }

    String fieldName(int field) {
        return fields.get(field);
    }

    /** How many axes the value of one field has. */
    int rank() {
        return extents.length;
    }

    int extent(int axis) {
        return extents[axis];
    }

    int elementsPerField() {
        return elementsPerField;
    }

    /** Where a field's elements start in the item. */
    int firstElement(int field) {
        if (fields.size() <= 1) {
            return 0;
        }
        return (isReversed ? fields.size() - 1 - field : field) * elementsPerField;
    }

    /** Whether one number may stand without the lists around it. */
    boolean takesBareNumber() {
        return elementsPerField == 1;
    }

    /** Whether a number may be written as text. */
    boolean takesText() {
        return takesText;
    }

    /** The whole value has another shape than expected. */
    MillraceException wrongShape(int field, String got) {
        return MillraceException.invalid(prefix(field) + "expected " + expected() + ", got " + got);
    }

    /** The value looked right until one element of it. */
    MillraceException wrongAt(int field, int elementsBefore, int axis, String got) {
        var place = new StringBuilder();
        int inner = elementsPerField;
        int rest = elementsBefore;
        for (int i = 0; i < axis; i++) {
            inner = extents[i] == 0 ? 0 : inner / extents[i];
            place.append('[').append(inner == 0 ? 0 : rest / inner).append(']');
            rest = inner == 0 ? 0 : rest % inner;
        }
        boolean isAlone = place.isEmpty() || takesBareNumber();
        boolean hasComma = isAlone && got.endsWith(",");
        return MillraceException.invalid(
                prefix(field)
                        + "expected "
                        + expected()
                        + ", got "
                        + (hasComma ? got.substring(0, got.length() - 1) : got)
                        + (isAlone ? "" : " at " + place));
    }

    String expected() {
        if (extents.length == 0) {
            return "a " + noun();
        }
        if (takesBareNumber()) {
            return "a " + noun() + ", alone or in " + "[".repeat(rank()) + "]".repeat(rank());
        }
        return count();
    }

    /** How many elements an item or field has, as {@code 28x28 numbers}. */
    String count() {
        long[] all = new long[extents.length];
        for (int axis = 0; axis < all.length; axis++) {
            all[axis] = extents[axis];
        }
        return times(all) + " " + noun() + (elementsPerField == 1 ? "" : "s");
    }

    private String noun() {
        return type == DataType.BOOL ? "boolean" : "number";
    }

    private String prefix(int field) {
        return fields.isEmpty() ? "payload: " : "field '" + fields.get(field) + "': ";
    }

    static String times(long[] extents) {
        if (extents.length == 0) {
            return "1";
        }
        var text = new StringBuilder();
        for (long extent : extents) {
            text.append(text.isEmpty() ? "" : "x").append(extent);
        }
        return text.toString();
    }
}
