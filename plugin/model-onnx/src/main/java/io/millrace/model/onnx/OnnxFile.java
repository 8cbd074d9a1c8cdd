package io.millrace.model.onnx;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What an ONNX file says, read without ONNX Runtime and before it: whether it is whole, whether its
 * weights lie within the model, and whether its operations are known.
 *
 * @param rankless inputs and outputs that are declared without a shape
 */
record OnnxFile(Set<String> rankless) {

    /** As long as a message of protocol buffers can be. */
    private static final long MAX_BYTES = Integer.MAX_VALUE;

    /** More than any exporter writes; it bounds the memory that reading takes. */
    private static final int MAX_OPERATIONS = 50_000;

    /** Domains whose operations are part of ONNX Runtime for CPUs. */
    private static final Set<String> DOMAINS =
            Set.of(
                    "",
                    "ai.onnx",
                    "ai.onnx.ml",
                    "ai.onnx.preview",
                    "ai.onnx.preview.training",
                    "ai.onnx.training",
                    "com.microsoft",
                    "com.microsoft.nchwc");

    OnnxFile {
        rankless = Set.copyOf(rankless);
    }

    /**
     * Reads and checks.
     *
     * @throws MillraceException {@code INVALID}, with a reason that its author can act on
     */
    static OnnxFile read(Path file) {
        try (FileChannel channel = FileChannel.open(file);
                Arena arena = Arena.ofConfined()) {
            long size = channel.size();
            if (size == 0) {
                throw MillraceException.invalid("the ONNX file is empty");
            }
            if (size > MAX_BYTES) {
                throw MillraceException.invalid(
                        "the ONNX file has %d bytes, and none can have more than %d; save its weights as external data"
                                .formatted(size, MAX_BYTES));
            }
            return read(file, channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena));
        } catch (IOException e) {
            throw MillraceException.internal("cannot read the ONNX file", e);
        }
    }

    private static OnnxFile read(Path file, MemorySegment bytes) {
        try {
            var walk = new Walk(new ExternalData(file));
            walk.model(WireReader.of(bytes));
            return walk.finish();
        } catch (InternalError e) {
            // This is how the JVM says that a mapped file has become shorter.
            throw new MillraceException(
                    ErrorCode.INTERNAL, "the ONNX file changed while it was read", e);
        }
    }

    /** Goes through a model and all that is nested in it. Case numbers are those of onnx.proto. */
    private static final class Walk {

        private final ExternalData external;
        private final Set<String> rankless = new HashSet<>();

        /** Operations of other domains, with where each was seen first. */
        private final Map<Operation, String> foreign = new LinkedHashMap<>();

        /** Operations that the model defines itself. */
        private final Set<Operation> functions = new HashSet<>();

        private boolean hasGraph;
        private boolean hasOutput;
        private boolean hasOperatorSet;

        Walk(ExternalData external) {
            this.external = external;
        }

        OnnxFile finish() {
            if (!hasGraph || !hasOutput) {
                throw MillraceException.invalid(
                        "the file is no ONNX model: it has no "
                                + (hasGraph ? "output" : "graph")
                                + "; export it again, or check that the upload was complete");
            }
            if (!hasOperatorSet) {
                throw MillraceException.invalid(
                        "the ONNX file is damaged: it does not say which operator set it uses");
            }
            foreign.keySet().removeAll(functions);
            for (Map.Entry<Operation, String> entry : foreign.entrySet()) {
                throw MillraceException.invalid(
                        "the operation '%s' of the domain '%s' (node '%s') needs a custom operator library, which is not loaded; export the model with standard operations"
                                .formatted(
                                        Messages.shorten(entry.getKey().name()),
                                        Messages.shorten(entry.getKey().domain()),
                                        Messages.shorten(entry.getValue())));
            }
            return new OnnxFile(rankless);
        }

        void model(WireReader in) {
            while (in.next()) {
                switch (in.field()) {
                    case 7 -> {
                        once(hasGraph, "graph");
                        hasGraph = true;
                        graph(in.message(), true);
                    }
                    case 8 -> {
                        hasOperatorSet = true;
                        in.skip();
                    }
                    case 20 -> training(in.message());
                    case 25 -> function(in.message());
                    default -> in.skip();
                }
            }
        }

        private void training(WireReader in) {
            while (in.next()) {
                switch (in.field()) {
                    case 1, 2 -> graph(in.message(), false);
                    default -> in.skip();
                }
            }
        }

        private void function(WireReader in) {
            String name = "";
            String domain = "";
            while (in.next()) {
                switch (in.field()) {
                    case 1 -> name = in.text();
                    case 7 -> node(in.message());
                    case 10 -> domain = in.text();
                    case 11 -> attribute(in.message());
                    default -> in.skip();
                }
            }
            functions.add(new Operation(domain, name));
            bound(functions.size());
        }

        private void graph(WireReader in, boolean isMain) {
            while (in.next()) {
                switch (in.field()) {
                    case 1 -> node(in.message());
                    case 5 -> tensor(in.message());
                    case 11 -> value(in.message(), isMain);
                    case 12 -> {
                        hasOutput |= isMain;
                        value(in.message(), isMain);
                    }
                    case 15 -> sparseTensor(in.message());
                    default -> in.skip();
                }
            }
        }

        private void node(WireReader in) {
            String name = "";
            String operation = "";
            String domain = "";
            while (in.next()) {
                switch (in.field()) {
                    case 3 -> name = in.text();
                    case 4 -> operation = in.text();
                    case 5 -> attribute(in.message());
                    case 7 -> domain = in.text();
                    default -> in.skip();
                }
            }
            if (!DOMAINS.contains(domain)) {
                foreign.putIfAbsent(new Operation(domain, operation), name);
                bound(foreign.size());
            }
        }

        private void attribute(WireReader in) {
            boolean hasTensor = false;
            boolean hasGraph = false;
            boolean hasSparse = false;
            while (in.next()) {
                switch (in.field()) {
                    case 5 -> {
                        once(hasTensor, "tensor of an attribute");
                        hasTensor = true;
                        tensor(in.message());
                    }
                    case 6 -> {
                        once(hasGraph, "graph of an attribute");
                        hasGraph = true;
                        graph(in.message(), false);
                    }
                    case 22 -> {
                        once(hasSparse, "tensor of an attribute");
                        hasSparse = true;
                        sparseTensor(in.message());
                    }
                    case 10 -> tensor(in.message());
                    case 11 -> graph(in.message(), false);
                    case 23 -> sparseTensor(in.message());
                    default -> in.skip();
                }
            }
        }

        private void sparseTensor(WireReader in) {
            boolean hasValues = false;
            boolean hasIndices = false;
            while (in.next()) {
                switch (in.field()) {
                    case 1 -> {
                        once(hasValues, "tensor");
                        hasValues = true;
                        tensor(in.message());
                    }
                    case 2 -> {
                        once(hasIndices, "tensor");
                        hasIndices = true;
                        tensor(in.message());
                    }
                    default -> in.skip();
                }
            }
        }

        private void tensor(WireReader in) {
            TensorEntry.read(in).check(external);
        }

        private void value(WireReader in, boolean isMain) {
            String name = "";
            boolean hasShape = false;
            while (in.next()) {
                switch (in.field()) {
                    case 1 -> name = in.text();
                    case 2 -> hasShape |= type(in.message());
                    default -> in.skip();
                }
            }
            if (isMain && !hasShape) {
                rankless.add(name);
            }
        }

        private static boolean type(WireReader in) {
            boolean hasShape = false;
            while (in.next()) {
                if (in.field() == 1) {
                    WireReader tensor = in.message();
                    while (tensor.next()) {
                        hasShape |= tensor.field() == 2;
                        tensor.skip();
                    }
                } else {
                    in.skip();
                }
            }
            return hasShape;
        }

        private static void bound(int operations) {
            if (operations > MAX_OPERATIONS) {
                throw MillraceException.invalid(
                        "the ONNX file has more than %d operations of its own"
                                .formatted(MAX_OPERATIONS));
            }
        }

        /** Other readers merge what comes twice, and would see a tensor that was not looked at. */
        private static void once(boolean wasSeen, String what) {
            if (wasSeen) {
                throw MillraceException.invalid(
                        "the ONNX file is damaged: the " + what + " is there twice");
            }
        }
    }

    private record Operation(String domain, String name) {}
}
