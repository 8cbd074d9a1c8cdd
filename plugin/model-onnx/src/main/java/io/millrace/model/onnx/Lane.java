package io.millrace.model.onnx;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one call at a time needs: memory for inputs and outputs, and ONNX Runtime's tensors over it.
 * Hot path: a call that looks like the one before makes no tensor and allocates only its answer.
 *
 * <pre>
 *   inputs (heap) --copy--&gt; input memory --run--&gt; output memory --copy--&gt; outputs (heap, new)
 * </pre>
 *
 * <p>Outputs are pinned to memory of the lane when a second call has the same input shapes: then
 * their shapes are known. Where shapes depend on values, ONNX Runtime notices before it writes; the
 * call is made again without pinning, and the model is not pinned any more.
 */
final class Lane implements AutoCloseable {

    /** Larger outputs gain nothing from being pinned, and would only hold memory. */
    private static final long MAX_PINNED_BYTES = 1 << 20;

    private final NativeSession session;
    private final Wiring wiring;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment inputPlaces;
    private final MemorySegment outputPlaces;
    private final InputSlot[] inputs;
    private final NativeApi.Outputs outputs;

    /** What the last call gave; null when the next may give another shape. */
    private Shape @Nullable [] learned;

    private NativeBuffer @Nullable [] pinned;

    Lane(NativeSession session, Wiring wiring) {
        this.session = session;
        this.wiring = wiring;
        List<TensorSpec> takes = wiring.signature().inputs();
        int gives = wiring.signature().outputs().size();
        this.inputPlaces = arena.allocate(JAVA_LONG, takes.size() + 1L);
        this.outputPlaces = arena.allocate(JAVA_LONG, gives);
        this.inputs = new InputSlot[takes.size()];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = new InputSlot(takes.get(i).type(), place(inputPlaces, i));
        }
        this.outputs =
                new NativeApi.Outputs(
                        wiring.outputNames().address(), gives, outputPlaces.address());
    }

    private static MemorySegment place(MemorySegment places, int index) {
        return places.asSlice(index * JAVA_LONG.byteSize(), JAVA_LONG.byteSize());
    }

    /** Whether its tensors fit as they are. */
    boolean hasShapes(List<Tensor> tensors) {
        for (int i = 0; i < inputs.length; i++) {
            if (!inputs[i].hasShape(tensors.get(i).shape())) {
                return false;
            }
        }
        return true;
    }

    /** Bytes it holds on to between calls. */
    long capacity() {
        long bytes = 0;
        for (InputSlot input : inputs) {
            bytes += input.capacity();
        }
        NativeBuffer[] memory = pinned;
        if (memory != null) {
            for (NativeBuffer buffer : memory) {
                bytes += buffer.capacity();
            }
        }
        return bytes;
    }

    /** Computes; the inputs have been checked. */
    List<Tensor> run(List<Tensor> tensors) {
        if (!hasShapes(tensors)) {
            forget();
        }
        for (int i = 0; i < inputs.length; i++) {
            inputs[i].set(tensors.get(i));
        }
        if (pinned == null && learned != null && wiring.mayPin()) {
            pin(learned);
        }
        return compute();
    }

    private List<Tensor> compute() {
        Shape[] shapes = learned;
        NativeBuffer[] memory = pinned;
        if (memory == null || shapes == null) {
            return computeFresh();
        }
        try {
            session.run(wiring.inputNames(), inputPlaces, inputs.length, outputs);
        } catch (OnnxFailure e) {
            // Only a run without pinning tells whether the model failed or the shapes changed.
            forget();
            List<Tensor> answer = computeFresh();
            wiring.neverPin();
            return answer;
        }
        var answer = new Tensor[memory.length];
        for (int i = 0; i < memory.length; i++) {
            Shape shape = shapes[i];
            answer[i] =
                    Tensors.copy(
                            memory[i].memory(), wiring.outputType(i), shape, Tensors.count(shape));
        }
        return Arrays.asList(answer);
    }

    private List<Tensor> computeFresh() {
        try {
            session.run(wiring.inputNames(), inputPlaces, inputs.length, outputs);
            var answer = new ArrayList<Tensor>(outputs.count());
            for (int i = 0; i < outputs.count(); i++) {
                answer.add(
                        Tensors.copy(outputPlaces.getAtIndex(JAVA_LONG, i), wiring.outputType(i)));
            }
            learned = shapes(answer);
            return answer;
        } finally {
            releaseOutputs();
        }
    }

    private static Shape @Nullable [] shapes(List<Tensor> answer) {
        var shapes = new Shape[answer.size()];
        long bytes = 0;
        for (int i = 0; i < shapes.length; i++) {
            Tensor output = answer.get(i);
            shapes[i] = output.shape();
            long elements = output.shape().elements();
            if (output.type() == DataType.BYTES || elements == 0) {
                return null;
            }
            bytes += elements * output.type().bytes();
        }
        return bytes <= MAX_PINNED_BYTES ? shapes : null;
    }

    private void pin(Shape[] shapes) {
        var memory = new ArrayList<NativeBuffer>();
        boolean isPinned = false;
        try {
            for (int i = 0; i < shapes.length; i++) {
                DataType type = wiring.outputType(i);
                long bytes = shapes[i].elements() * type.bytes();
                memory.add(NativeBuffer.of(bytes));
                Tensors.over(
                        memory.get(i).memory(), bytes, shapes[i], type, place(outputPlaces, i));
            }
            pinned = memory.toArray(NativeBuffer[]::new);
            isPinned = true;
        } finally {
            if (!isPinned) {
                releaseOutputs();
                memory.forEach(NativeBuffer::close);
            }
        }
    }

    private void forget() {
        learned = null;
        NativeBuffer[] memory = pinned;
        if (memory != null) {
            pinned = null;
            releaseOutputs();
            for (NativeBuffer buffer : memory) {
                buffer.close();
            }
        }
    }

    private void releaseOutputs() {
        for (int i = 0; i < outputs.count(); i++) {
            NativeApi.releaseValue(outputPlaces.getAtIndex(JAVA_LONG, i));
            outputPlaces.setAtIndex(JAVA_LONG, i, 0);
        }
    }

    @Override
    public void close() {
        forget();
        for (InputSlot input : inputs) {
            input.close();
        }
        arena.close();
    }
}
