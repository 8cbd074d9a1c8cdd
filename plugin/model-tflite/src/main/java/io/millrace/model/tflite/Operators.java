package io.millrace.model.tflite;

import io.millrace.api.MillraceException;
import io.millrace.model.tflite.Flatbuffer.Table;
import java.util.List;
import java.util.SortedSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What is to be known about operators, by their numbers in the schema. */
final class Operators {

    static final int CUSTOM = 32;
    static final int CALL_ONCE = 129;
    static final int ASSIGN_VARIABLE = 144;
    private static final int LAST = 209;

    private static final String FLEX = "Flex";

    private Operators() {}

    static boolean isKnown(int code) {
        return code >= 0 && code <= LAST;
    }

    /** Operators of others could do anything, and the runtime has none of them. */
    static void refuseCustom(SortedSet<String> names) {
        List<String> flex = names.stream().filter(name -> name.startsWith(FLEX)).toList();
        if (!flex.isEmpty()) {
            throw MillraceException.invalid(
                    "the model needs TensorFlow ops ("
                            + String.join(", ", flex)
                            + "); convert with TFLITE_BUILTINS only, or upload the SavedModel");
        }
        if (!names.isEmpty()) {
            throw MillraceException.invalid(
                    "the model has custom operators ("
                            + String.join(", ", names)
                            + "); only the built-in ones are served, convert with TFLITE_BUILTINS"
                            + " only");
        }
    }

    /** The numbers of the sub-graphs that an operator runs. */
    static List<Integer> calls(Table operator) {
        @Nullable Table options = operator.table(4);
        @Nullable Table options2 = operator.table(12);
        IntStream calls =
                IntStream.concat(
                        options == null ? IntStream.empty() : calls(operator.uint8(3), options),
                        options2 == null
                                ? IntStream.empty()
                                : calls2(operator.uint8(11), options2));
        return calls.boxed().toList();
    }

    /** By {@code BuiltinOptions}: CallOptions, IfOptions, WhileOptions, CallOnceOptions. */
    private static IntStream calls(int kind, Table options) {
        return switch (kind) {
            case 16, 103 -> IntStream.of(options.int32(0, 0));
            case 92, 93 -> IntStream.of(options.int32(0, 0), options.int32(1, 0));
            default -> IntStream.empty();
        };
    }

    /** By {@code BuiltinOptions2}: the StableHLO reduce, scatter, window, sort, while and so on. */
    private static IntStream calls2(int kind, Table options) {
        return switch (kind) {
            case 6 -> IntStream.of(options.int32(1, 0));
            case 7 -> IntStream.of(options.int32(6, 0));
            case 13 -> IntStream.of(options.int32(5, 0));
            case 14 -> IntStream.of(options.int32(2, 0));
            case 15 -> IntStream.of(options.int32(0, 0), options.int32(1, 0));
            case 21 -> IntStream.of(options.int32(1, 0));
            case 23 -> IntStream.of(options.vector(0, Integer.BYTES).toInts());
            default -> IntStream.empty();
        };
    }
}
