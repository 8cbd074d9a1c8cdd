package io.millrace.model.tflite;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The native model over the bytes of its file, shared by all its interpreters. */
final class NativeModel implements AutoCloseable {

    /** Calls run in parallel, each in its caller's thread. */
    private static final int THREADS = 1;

    private final Arena arena;
    private final MemorySegment model;
    private final Map<String, Names> names = new HashMap<>();

    private NativeModel(Arena arena, MemorySegment model) {
        this.arena = arena;
        this.model = model;
    }

    /**
     * Opens a file that has been checked.
     *
     * @param arena where the data is; closed with the model, or by the caller when this fails
     */
    static NativeModel open(Arena arena, MemorySegment data, List<Binding> bindings) {
        ErrorReports.clear();
        MemorySegment model = NativeApi.createModel(data);
        if (model.address() == 0) {
            throw MillraceException.invalid(
                    "TensorFlow Lite cannot read this model: " + ErrorReports.take());
        }
        var opened = new NativeModel(arena, model);
        for (Binding binding : bindings) {
            opened.names.put(binding.signature().name(), Names.of(arena, binding));
        }
        return opened;
    }

    Lane createLane(Binding binding) {
        ErrorReports.clear();
        MemorySegment self = NativeApi.createInterpreter(model, Options.SHARED);
        if (self.address() == 0) {
            throw refused();
        }
        Interpreter interpreter =
                binding.isNamed() ? named(self, binding) : new Interpreter.Main(self);
        try {
            return new Lane(binding, interpreter);
        } catch (RuntimeException | Error e) {
            interpreter.close();
            throw e;
        }
    }

    private Interpreter named(MemorySegment self, Binding binding) {
        Names known = Objects.requireNonNull(names.get(binding.signature().name()));
        MemorySegment runner = NativeApi.createRunner(self, known.signature());
        if (runner.address() == 0) {
            NativeApi.deleteInterpreter(self);
            throw refused();
        }
        return new Interpreter.Named(self, runner, known.inputs(), known.outputs());
    }

    private static MillraceException refused() {
        return MillraceException.invalid(
                "TensorFlow Lite cannot run this model: " + ErrorReports.take());
    }

    @Override
    public void close() {
        NativeApi.deleteModel(model);
        arena.close();
    }

    /** How all interpreters are made. */
    private static final class Options {

        private static final MemorySegment SHARED = NativeApi.createOptions(THREADS);

        private Options() {}
    }

    /** A signature's names as C strings. */
    private record Names(
            MemorySegment signature, List<MemorySegment> inputs, List<MemorySegment> outputs) {

        static Names of(Arena arena, Binding binding) {
            return new Names(
                    arena.allocateFrom(binding.signature().name()),
                    strings(arena, binding.signature().inputs()),
                    strings(arena, binding.signature().outputs()));
        }

        private static List<MemorySegment> strings(Arena arena, List<TensorSpec> specs) {
            return specs.stream().map(spec -> arena.allocateFrom(spec.name())).toList();
        }
    }
}
