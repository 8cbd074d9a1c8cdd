"""Samples as TensorFlow reads them: batches gathered by position, ahead of the steps."""

import numpy as np
import tensorflow as tf

from millrace_trainer.samples import order_of

# Samples that are not held in memory are read in blocks of about this size.
BLOCK_BYTES = 8 << 20


class Reader:
    """Makes datasets of parts; parts that fit into the memory for them are held there."""

    def __init__(self, batch, memory):
        self._batch = batch
        self._memory = memory

    def batches(self, part):
        return -(-len(part) // self._batch)

    def training(self, part, shuffle, seed, first_step):
        """Passes without end, the first one from a step on, as if all before had been made."""
        steps = self.batches(part)
        gather = self._gather(part)
        begin = tf.zeros([], tf.int64)

        def order(number):
            return order_of(seed, number, len(part), shuffle)

        def one_pass(number):
            positions = tf.numpy_function(order, [number], tf.int64, stateful=False)
            positions.set_shape([len(part)])
            is_first = tf.equal(number, first_step // steps)
            skipped = tf.where(is_first, tf.constant(first_step % steps, tf.int64), begin)
            return gather(positions, skipped)

        passes = tf.data.Dataset.range(first_step // steps, 1 << 40)
        return passes.flat_map(one_pass).prefetch(tf.data.AUTOTUNE)

    def once(self, part):
        """One pass in the order of the part."""
        positions = tf.range(len(part), dtype=tf.int64)
        data = self._gather(part)(positions, tf.zeros([], tf.int64))
        known = tf.data.experimental.assert_cardinality(self.batches(part))
        return data.apply(known).prefetch(tf.data.AUTOTUNE)

    def inputs(self, array):
        """One pass over inputs without labels."""
        part_bytes = max(1, array.dtype.itemsize * int(np.prod(array.shape[1:])))
        block = max(self._batch, BLOCK_BYTES // part_bytes)

        def blocks():
            for begin in range(0, len(array), block):
                yield np.asarray(array[begin : begin + block])

        return blocks()

    def _gather(self, part):
        if part.bytes <= self._memory:
            return self._from_memory(part)
        return self._from_disk(part)

    def _from_memory(self, part):
        x, y = part.take(np.arange(len(part), dtype=np.int64))
        with tf.device("cpu:0"):
            x, y = tf.convert_to_tensor(x), tf.convert_to_tensor(y)
        batch, count, steps = self._batch, len(part), self.batches(part)

        def batches(positions, skipped):
            def one(step):
                here = positions[step * batch : tf.minimum((step + 1) * batch, count)]
                return tf.gather(x, here), tf.gather(y, here)

            return tf.data.Dataset.range(skipped, tf.constant(steps, tf.int64)).map(one)

        return batches

    def _from_disk(self, part):
        (x_type, x_shape), (y_type, y_shape) = part.shapes
        batch, count = self._batch, len(part)
        row = max(1, part.bytes // max(1, count))
        block = max(1, BLOCK_BYTES // (row * batch)) * batch

        def read(positions):
            return part.take(positions)

        def batches(positions, skipped):
            def one_block(begin):
                here = positions[begin : tf.minimum(begin + block, count)]
                x, y = tf.numpy_function(read, [here], [x_type, y_type], stateful=False)
                x.set_shape([None, *x_shape])
                y.set_shape([None, *y_shape])
                size = tf.shape(here, out_type=tf.int64)[0]

                def one(step):
                    end = tf.minimum((step + 1) * batch, size)
                    return x[step * batch : end], y[step * batch : end]

                return tf.data.Dataset.range(-(-size // batch)).map(one)

            begin = skipped * batch
            ends = (tf.constant(count, tf.int64), tf.constant(block, tf.int64))
            blocks = tf.data.Dataset.range(begin, *ends)
            return blocks.prefetch(1).flat_map(one_block)

        return batches
