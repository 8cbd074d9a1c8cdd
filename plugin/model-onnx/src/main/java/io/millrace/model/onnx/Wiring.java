package io.millrace.model.onnx;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** How a model is called: its signature, and the names in memory that ONNX Runtime can read. */
final class Wiring implements AutoCloseable {

    private final Arena arena = Arena.ofShared();
    private final Signature signature;
    private final MemorySegment inputNames;
    private final MemorySegment outputNames;
    private final DataType[] outputTypes;
    private final boolean hasStrings;

    /** Racy on purpose: whoever misses it finds out again. */
    private volatile boolean mayPin = true;

    Wiring(Signature signature) {
        this.signature = signature;
        this.inputNames = names(signature.inputs());
        this.outputNames = names(signature.outputs());
        this.outputTypes =
                signature.outputs().stream().map(TensorSpec::type).toArray(DataType[]::new);
        this.hasStrings =
                signature.inputs().stream().anyMatch(input -> input.type() == DataType.BYTES);
    }

    private MemorySegment names(List<TensorSpec> specs) {
        MemorySegment names = arena.allocate(JAVA_LONG, specs.size() + 1L);
        for (int i = 0; i < specs.size(); i++) {
            names.setAtIndex(JAVA_LONG, i, arena.allocateFrom(specs.get(i).name()).address());
        }
        return names;
    }

    Signature signature() {
        return signature;
    }

    MemorySegment inputNames() {
        return inputNames;
    }

    MemorySegment outputNames() {
        return outputNames;
    }

    DataType outputType(int index) {
        return outputTypes[index];
    }

    /** Whether an input holds strings, which no lane keeps ready. */
    boolean hasStrings() {
        return hasStrings;
    }

    /** Whether the shapes of outputs seem to follow from those of inputs. */
    boolean mayPin() {
        return mayPin;
    }

    /** They do not. */
    void neverPin() {
        mayPin = false;
    }

    @Override
    public void close() {
        arena.close();
    }
}
