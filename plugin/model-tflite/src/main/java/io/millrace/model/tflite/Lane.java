package io.millrace.model.tflite;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * An interpreter shaped for inputs of certain extents. For one thread at a time. Once a call has
 * failed it is of no more use: what state the interpreter is in then, nobody promises.
 */
final class Lane implements AutoCloseable {

    private static final int MAX_RANK = 64;

    private final Binding binding;
    private final Interpreter interpreter;
    private final List<TensorSpec> inputs;
    private final List<TensorSpec> outputs;
    private final Shape[] shapes;
    private boolean isAllocated;

    Lane(Binding binding, Interpreter interpreter) {
        this.binding = binding;
        this.interpreter = interpreter;
        this.inputs = binding.signature().inputs();
        this.outputs = binding.signature().outputs();
        this.shapes = new Shape[inputs.size()];
        for (int i = 0; i < shapes.length; i++) {
            shapes[i] = shape(input(i));
        }
    }

    /** Whether it was made for this; names are unique within a model. */
    boolean serves(Binding other) {
        return binding.signature().name().equals(other.signature().name());
    }

    /** Whether it takes these without being shaped anew. */
    boolean fits(List<Tensor> values) {
        for (int i = 0; i < shapes.length; i++) {
            if (!shapes[i].equals(values.get(i).shape())) {
                return false;
            }
        }
        return isAllocated;
    }

    /** Computes; the values have been checked against the signature. */
    List<Tensor> run(List<Tensor> values) {
        ErrorReports.clear();
        if (!fits(values)) {
            shape(values);
        }
        if (binding.between() == Binding.Between.RESET) {
            require(interpreter.resetVariables(), "cannot be set back");
        }
        for (int i = 0; i < shapes.length; i++) {
            copyIn(inputs.get(i), values.get(i), input(i));
        }
        require(interpreter.invoke(), "failed");
        var results = new ArrayList<Tensor>(outputs.size());
        for (int i = 0; i < outputs.size(); i++) {
            results.add(copyOut(outputs.get(i), output(i)));
        }
        return results;
    }

    @Override
    public void close() {
        interpreter.close();
    }

    private void shape(List<Tensor> values) {
        isAllocated = false;
        for (int i = 0; i < shapes.length; i++) {
            Shape wanted = values.get(i).shape();
            if (!shapes[i].equals(wanted)) {
                requireShaped(resize(i, wanted), values);
                shapes[i] = wanted;
            }
        }
        requireShaped(interpreter.allocate(), values);
        for (int i = 0; i < shapes.length; i++) {
            requireType(inputs.get(i), input(i));
        }
        isAllocated = true;
    }

    private int resize(int input, Shape shape) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment extents = arena.allocate(ValueLayout.JAVA_INT, shape.rank() + 1L);
            for (int axis = 0; axis < shape.rank(); axis++) {
                if (shape.extent(axis) > Integer.MAX_VALUE) {
                    throw new MillraceException(
                            ErrorCode.TOO_LARGE, "a tensor of shape " + shape + " is too large");
                }
                extents.setAtIndex(ValueLayout.JAVA_INT, axis, (int) shape.extent(axis));
            }
            return interpreter.resize(input, extents, shape.rank());
        }
    }

    private MemorySegment input(int index) {
        return present(inputs.get(index), interpreter.input(index));
    }

    private MemorySegment output(int index) {
        return present(outputs.get(index), interpreter.output(index));
    }

    private static MemorySegment present(TensorSpec spec, MemorySegment tensor) {
        if (tensor.address() == 0) {
            throw MillraceException.invalid(
                    "TensorFlow Lite does not find the tensor '" + spec.name() + "'");
        }
        return tensor;
    }

    private static void copyIn(TensorSpec spec, Tensor value, MemorySegment tensor) {
        switch (value) {
            case Tensor.Numeric(DataType _, Shape _, MemorySegment data) -> {
                MemorySegment memory = NativeApi.data(tensor);
                requireBytes(spec, data.byteSize(), memory.byteSize());
                MemorySegment.copy(data, 0, memory, 0, data.byteSize());
            }
            case Tensor.Bytes(Shape _, List<byte[]> strings) -> {
                byte[] packed = StringTensors.pack(strings);
                require(NativeApi.reallocate(tensor, packed.length), "takes no text so long");
                MemorySegment memory = NativeApi.data(tensor);
                requireBytes(spec, packed.length, memory.byteSize());
                MemorySegment.copy(packed, 0, memory, ValueLayout.JAVA_BYTE, 0, packed.length);
            }
        }
    }

    private static Tensor copyOut(TensorSpec spec, MemorySegment tensor) {
        requireType(spec, tensor);
        Shape shape = shape(tensor);
        MemorySegment memory = NativeApi.data(tensor);
        if (spec.type() == DataType.BYTES) {
            return new Tensor.Bytes(shape, StringTensors.unpack(memory, shape));
        }
        long elements = shape.elements();
        if (elements > Integer.MAX_VALUE - 8) {
            throw new MillraceException(
                    ErrorCode.TOO_LARGE, "an output of shape " + shape + " is too large");
        }
        MemorySegment copy = ElementTypes.heapMemory(spec.type(), (int) elements);
        requireBytes(spec, copy.byteSize(), memory.byteSize());
        MemorySegment.copy(memory, 0, copy, 0, copy.byteSize());
        return new Tensor.Numeric(spec.type(), shape, copy);
    }

    private static Shape shape(MemorySegment tensor) {
        int rank = NativeApi.rank(tensor);
        if (rank < 0 || rank > MAX_RANK) {
            throw new MillraceException(
                    ErrorCode.USER_CODE, "the model gives a tensor of " + rank + " axes");
        }
        var extents = new long[rank];
        for (int axis = 0; axis < rank; axis++) {
            extents[axis] = NativeApi.extent(tensor, axis);
        }
        return Shape.of(extents);
    }

    private static void requireType(TensorSpec spec, MemorySegment tensor) {
        int type = NativeApi.type(tensor);
        if (!ElementTypes.isRuntimeType(type, spec.type())) {
            throw new MillraceException(
                    ErrorCode.USER_CODE,
                    "'%s' is %s in the file, but TensorFlow Lite has type %d"
                            .formatted(spec.name(), spec.type().plainName(), type));
        }
    }

    private static void requireBytes(TensorSpec spec, long expected, long found) {
        if (expected != found) {
            throw new MillraceException(
                    ErrorCode.USER_CODE,
                    "'%s': expected %d bytes, the model has %d"
                            .formatted(spec.name(), expected, found));
        }
    }

    private static void require(int status, String failure) {
        if (status != Interpreter.OK) {
            throw new MillraceException(
                    ErrorCode.USER_CODE, "the model " + failure + ": " + ErrorReports.take());
        }
    }

    private static void requireShaped(int status, List<Tensor> values) {
        if (status != Interpreter.OK) {
            List<Shape> shapes = values.stream().map(Tensor::shape).toList();
            throw MillraceException.invalid(
                    "the model cannot be called with " + shapes + ": " + ErrorReports.take());
        }
    }
}
