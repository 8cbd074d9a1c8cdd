package io.millrace.model.tflite;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One native interpreter of a model: the main graph, or a signature of the file. For one thread at
 * a time; positions are those of the binding's signature.
 */
sealed interface Interpreter extends AutoCloseable {

    /** Everything but 0 is an error. */
    int OK = 0;

    int resize(int input, MemorySegment extents, int rank);

    int allocate();

    int invoke();

    int resetVariables();

    /** The input's tensor; may move with each allocation. */
    MemorySegment input(int index);

    MemorySegment output(int index);

    @Override
    void close();

    /**
     * The main graph, whose tensors are counted.
     *
     * @param self the native interpreter
     */
    record Main(MemorySegment self) implements Interpreter {

        @Override
        public int resize(int input, MemorySegment extents, int rank) {
            return NativeApi.resize(self, input, extents, rank);
        }

        @Override
        public int allocate() {
            return NativeApi.allocate(self);
        }

        @Override
        public int invoke() {
            return NativeApi.invoke(self);
        }

        @Override
        public int resetVariables() {
            return NativeApi.resetVariables(self);
        }

        @Override
        public MemorySegment input(int index) {
            return NativeApi.input(self, index);
        }

        @Override
        public MemorySegment output(int index) {
            return NativeApi.output(self, index);
        }

        @Override
        public void close() {
            NativeApi.deleteInterpreter(self);
        }
    }

    /**
     * A signature of the file, whose tensors have names.
     *
     * @param self the native interpreter
     * @param runner the native signature runner
     * @param inputs the names as C strings, which outlive this
     */
    record Named(
            MemorySegment self,
            MemorySegment runner,
            List<MemorySegment> inputs,
            List<MemorySegment> outputs)
            implements Interpreter {

        @Override
        public int resize(int input, MemorySegment extents, int rank) {
            return NativeApi.resizeRunner(runner, inputs.get(input), extents, rank);
        }

        @Override
        public int allocate() {
            return NativeApi.allocateRunner(runner);
        }

        @Override
        public int invoke() {
            return NativeApi.invokeRunner(runner);
        }

        @Override
        public int resetVariables() {
            return NativeApi.resetVariables(self);
        }

        @Override
        public MemorySegment input(int index) {
            return NativeApi.runnerInput(runner, inputs.get(index));
        }

        @Override
        public MemorySegment output(int index) {
            return NativeApi.runnerOutput(runner, outputs.get(index));
        }

        @Override
        public void close() {
            NativeApi.deleteRunner(runner);
            NativeApi.deleteInterpreter(self);
        }
    }
}
