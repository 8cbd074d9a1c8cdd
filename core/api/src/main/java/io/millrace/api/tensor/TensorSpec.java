package io.millrace.api.tensor;

/**
 * One input or output of a model.
 *
 * @param name as the model calls it
 * @param type of its elements
 * @param shape its extents; -1 where any extent goes
 */
public record TensorSpec(String name, DataType type, Shape shape) {

    /** Whether a tensor is of this type and its shape fits. */
    public boolean accepts(Tensor tensor) {
        return tensor.type() == type && shape.accepts(tensor.shape());
    }

    @Override
    public String toString() {
        return name + ": " + type.plainName() + shape;
    }
}
