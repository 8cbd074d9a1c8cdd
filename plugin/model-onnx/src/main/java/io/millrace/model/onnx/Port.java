package io.millrace.model.onnx;

import io.millrace.api.tensor.Shape;

/**
 * An input or output as ONNX Runtime describes it.
 *
 * @param kind {@link #TENSOR} or something else
 * @param elementType ONNX's number
 * @param shape of a tensor; of rank 0 also when the rank is not known
 */
record Port(String name, int kind, int elementType, Shape shape) {

    static final int TENSOR = 1;

    private static final String[] KINDS = {
        "unknown", "tensor", "sequence", "map", "opaque", "sparse tensor", "optional"
    };

    /** What it is, for messages. */
    String what() {
        if (kind == TENSOR) {
            return ElementTypes.name(elementType);
        }
        return kind >= 0 && kind < KINDS.length ? KINDS[kind] : "kind " + kind;
    }
}
