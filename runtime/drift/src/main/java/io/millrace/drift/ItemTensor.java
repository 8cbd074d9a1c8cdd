package io.millrace.drift;

import io.millrace.api.tensor.Tensor;

/**
 * The part of a tensor that belongs to one item of a call.
 *
 * @param tensor the whole of it
 * @param from the item's first element
 * @param count how many elements it has
 */
record ItemTensor(Tensor tensor, long from, long count) {

    /** The part of an item; all of a tensor that is not divided by items. */
    static ItemTensor of(Tensor tensor, int items, int item) {
        long elements = tensor.shape().elements();
        boolean isDivided = tensor.shape().rank() > 0 && tensor.shape().extent(0) == items;
        long each = isDivided ? elements / items : elements;
        return new ItemTensor(tensor, isDivided ? each * item : 0, each);
    }

    double get(long element) {
        return Elements.get(tensor, from + element);
    }

    /**
     * The class that this says: its only element when that is a whole number, whether that is at
     * least one half when it is not, and of several the largest.
     */
    int predictedClass() {
        if (count != 1) {
            return Elements.largest(tensor, from, count);
        }
        double value = get(0);
        return tensor.type().isFloat() ? (value >= 0.5 ? 1 : 0) : (int) value;
    }
}
