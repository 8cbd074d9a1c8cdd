package io.millrace.model.onnx;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

    private static final Shape[] UNKNOWN = {};

    private final NativeSession session;
    private final Wiring wiring;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment inputPlaces;
    private final InputSlot[] inputs;
    private final OutputSlot[] outputs;
    private final NativeApi.Outputs outputPlaces;

    /** The shapes that the last call gave; empty when the next may give others. */
    private Shape[] learned = UNKNOWN;

    private boolean isPinned;

    Lane(NativeSession session, Wiring wiring) {
        this.session = session;
        this.wiring = wiring;
        List<TensorSpec> takes = wiring.signature().inputs();
        List<TensorSpec> gives = wiring.signature().outputs();
        this.inputPlaces = arena.allocate(JAVA_LONG, takes.size() + 1L);
        this.inputs = new InputSlot[takes.size()];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = new InputSlot(takes.get(i).type(), place(inputPlaces, i));
        }
        MemorySegment places = arena.allocate(JAVA_LONG, gives.size());
        this.outputs = new OutputSlot[gives.size()];
        for (int i = 0; i < outputs.length; i++) {
            outputs[i] = new OutputSlot(gives.get(i).type(), place(places, i));
        }
        this.outputPlaces =
                new NativeApi.Outputs(
                        wiring.outputNames().address(), outputs.length, places.address());
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
        for (OutputSlot output : outputs) {
            bytes += output.capacity();
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
        if (!isPinned && learned.length > 0 && wiring.mayPin()) {
            pin();
        }
        return isPinned ? computePinned() : computeFresh();
    }

    private List<Tensor> computePinned() {
        try {
            session.run(wiring.inputNames(), inputPlaces, inputs.length, outputPlaces);
        } catch (OnnxFailure e) {
            // Only a run without pinning tells whether the model failed or the shapes changed.
            forget();
            List<Tensor> answer = computeFresh();
            wiring.neverPin();
            return answer;
        }
        return takeOutputs(learned);
    }

    private List<Tensor> computeFresh() {
        try {
            session.run(wiring.inputNames(), inputPlaces, inputs.length, outputPlaces);
            List<Tensor> answer = takeOutputs(UNKNOWN);
            learn(answer);
            return answer;
        } finally {
            releaseOutputs();
        }
    }

    private List<Tensor> takeOutputs(Shape[] pinned) {
        var answer = new Tensor[outputs.length];
        for (int i = 0; i < answer.length; i++) {
            @Nullable Shape shape = pinned.length == 0 ? null : pinned[i];
            answer[i] = outputs[i].take(shape);
        }
        return Arrays.asList(answer);
    }

    private void learn(List<Tensor> answer) {
        var shapes = new Shape[answer.size()];
        long bytes = 0;
        boolean canPin = true;
        for (int i = 0; i < shapes.length; i++) {
            Tensor output = answer.get(i);
            shapes[i] = output.shape();
            long elements = output.shape().elements();
            canPin &= output.type() != DataType.BYTES && elements > 0;
            bytes += elements * output.type().bytes();
        }
        learned = canPin && bytes <= MAX_PINNED_BYTES ? shapes : UNKNOWN;
    }

    private void pin() {
        try {
            for (int i = 0; i < outputs.length; i++) {
                outputs[i].pin(learned[i]);
            }
            isPinned = true;
        } finally {
            if (!isPinned) {
                releaseOutputs();
            }
        }
    }

    private void forget() {
        learned = UNKNOWN;
        if (isPinned) {
            isPinned = false;
            releaseOutputs();
        }
    }

    private void releaseOutputs() {
        for (OutputSlot output : outputs) {
            output.release();
        }
    }

    @Override
    public void close() {
        for (OutputSlot output : outputs) {
            output.close();
        }
        for (InputSlot input : inputs) {
            input.close();
        }
        arena.close();
    }
}
