package io.millrace.sender;

import io.millrace.api.MillraceException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;

/** How labels that are text become numbers: numbers stay what they are, names are counted. */
final class Labels {

    private final List<String> names;
    private final NumberType type;

    private Labels(List<String> names, NumberType type) {
        this.names = names;
        this.type = type;
    }

    /** For all the labels there are. */
    static Labels of(SortedSet<String> labels) {
        boolean isWhole = true;
        boolean isByte = true;
        boolean isInt = true;
        for (String label : labels) {
            try {
                double number = Double.parseDouble(label);
                boolean whole = number == Math.rint(number);
                isWhole &= whole;
                isByte &= whole && number >= 0 && number <= 0xff;
                isInt &= whole && Math.abs(number) <= Integer.MAX_VALUE;
            } catch (NumberFormatException e) {
                return counted(labels);
            }
        }
        NumberType type = isByte ? NumberType.UINT8 : isInt ? NumberType.INT32 : NumberType.INT64;
        return new Labels(List.of(), isWhole ? type : NumberType.FLOAT32);
    }

    /** For classes with names: the first in their order is 0. */
    static Labels counted(SortedSet<String> labels) {
        if (labels.size() > 1 << 16) {
            throw MillraceException.invalid(
                    "there are %d different labels; expected names of classes or numbers"
                            .formatted(labels.size()));
        }
        return new Labels(
                List.copyOf(labels),
                labels.size() <= 1 << 8 ? NumberType.UINT8 : NumberType.UINT16);
    }

    NumberType type() {
        return type;
    }

    byte[] bytes(String label) {
        var buffer = ByteBuffer.allocate(type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        type.write(buffer, names.isEmpty() ? Double.parseDouble(label) : names.indexOf(label));
        return buffer.array();
    }

    List<String> notes() {
        if (names.isEmpty()) {
            return List.of();
        }
        var parts = new ArrayList<String>();
        for (int i = 0; i < Math.min(names.size(), 20); i++) {
            parts.add(i + " = " + names.get(i));
        }
        return List.of(
                "labels: " + String.join(", ", parts) + (names.size() > parts.size() ? ", …" : ""));
    }
}
