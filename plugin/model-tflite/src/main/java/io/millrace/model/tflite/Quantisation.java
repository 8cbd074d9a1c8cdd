package io.millrace.model.tflite;

import io.millrace.api.MillraceException;
import io.millrace.model.tflite.Flatbuffer.Table;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Scales that do not fit their tensor would be read beyond their end. */
final class Quantisation {

    private Quantisation() {}

    static void check(@Nullable Table table, List<Integer> shape, String where) {
        if (table == null) {
            return;
        }
        int scales = table.vector(2, Float.BYTES).length();
        int zeros = table.vector(3, Long.BYTES).length();
        int axis = table.int32(6, 0);
        if (table.uint8(4) != 0) {
            throw MillraceException.invalid(
                    where
                            + " is quantised in blocks or in a way of its own; use one scale a"
                            + " tensor or one a channel");
        }
        if (zeros > 1 && zeros != scales) {
            throw Flatbuffer.damaged(
                    where + " has " + scales + " scales and " + zeros + " zero points");
        }
        if (scales <= 1) {
            return;
        }
        if (axis < 0 || axis >= shape.size() || shape.get(axis) != scales) {
            throw Flatbuffer.damaged(
                    where + " of shape " + shape + " has " + scales + " scales on axis " + axis);
        }
    }
}
