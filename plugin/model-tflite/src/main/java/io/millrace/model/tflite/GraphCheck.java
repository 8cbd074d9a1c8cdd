package io.millrace.model.tflite;

import io.millrace.api.MillraceException;
import io.millrace.model.tflite.TfliteGraph.FileTensor;
import io.millrace.model.tflite.TfliteGraph.Operator;
import java.util.BitSet;
import java.util.List;

/**
 * Refuses files whose parts do not fit together: the runtime takes it on trust that a tensor is
 * written before it is read, that constants are as large as their shape says, and that graphs do
 * not call themselves.
 */
final class GraphCheck {

    private static final int LEFT_OUT = -1;

    /** More elements than any tensor of a server's model has; products stay far from overflow. */
    private static final long MAX_ELEMENTS = 1L << 40;

    private static final int MAX_DEPTH = 64;

    private final TfliteFile file;

    /** Graphs on the way down from the one that is looked at, and those that are done. */
    private final BitSet open = new BitSet();

    private final BitSet done = new BitSet();

    private GraphCheck(TfliteFile file) {
        this.file = file;
    }

    /**
     * Looks through all graphs.
     *
     * @throws MillraceException {@code INVALID}, saying which part does not fit
     */
    static void check(TfliteFile file) {
        var check = new GraphCheck(file);
        for (int graph = 0; graph < file.graphs().size(); graph++) {
            check.checkGraph(graph);
        }
        for (int graph = 0; graph < file.graphs().size(); graph++) {
            check.descend(graph, 0);
        }
    }

    private void checkGraph(int number) {
        TfliteGraph graph = file.graphs().get(number);
        String where = "graph " + number;
        for (int i = 0; i < graph.tensors().size(); i++) {
            checkTensor(graph.tensors().get(i), where + " tensor " + i);
        }
        checkNumbers(graph, graph.inputs(), where + " inputs");
        checkNumbers(graph, graph.outputs(), where + " outputs");
        checkInputs(graph, where);
        BitSet given = given(graph);
        var written = (BitSet) given.clone();
        for (int i = 0; i < graph.operators().size(); i++) {
            checkOperator(
                    graph, graph.operators().get(i), given, written, where + " operator " + i);
        }
        for (int output : graph.outputs()) {
            if (!written.get(output)) {
                throw Flatbuffer.damaged(where + " never computes its output, tensor " + output);
            }
        }
    }

    private static void checkTensor(FileTensor tensor, String where) {
        if (tensor.signature().size() != tensor.shape().size()) {
            throw Flatbuffer.damaged(
                    where + " has the shapes " + tensor.shape() + " and " + tensor.signature());
        }
        long elements = 1;
        for (int axis = 0; axis < tensor.shape().size(); axis++) {
            int extent = tensor.shape().get(axis);
            int open = tensor.signature().get(axis);
            if (extent < 0 || (open != extent && open != -1)) {
                throw Flatbuffer.damaged(
                        where + " has the shapes " + tensor.shape() + " and " + tensor.signature());
            }
            elements *= extent;
            if (elements > MAX_ELEMENTS) {
                throw Flatbuffer.damaged(where + " of shape " + tensor.shape() + " is too large");
            }
        }
        int bytes = ElementTypes.bytes(tensor.type());
        if (tensor.dataBytes() > 0 && bytes > 0 && tensor.dataBytes() != elements * bytes) {
            throw Flatbuffer.damaged(
                    "%s of type %s and shape %s takes %d bytes, the file has %d"
                            .formatted(
                                    where,
                                    ElementTypes.name(tensor.type()),
                                    tensor.shape(),
                                    elements * bytes,
                                    tensor.dataBytes()));
        }
    }

    /** A caller's values would be written over the constant, which all interpreters share. */
    private static void checkInputs(TfliteGraph graph, String where) {
        for (int input : graph.inputs()) {
            if (graph.tensors().get(input).dataBytes() > 0) {
                throw Flatbuffer.damaged(where + " has a constant as input, tensor " + input);
            }
        }
    }

    /** What has a value before the first operator runs. */
    private static BitSet given(TfliteGraph graph) {
        var given = new BitSet();
        for (int i = 0; i < graph.tensors().size(); i++) {
            FileTensor tensor = graph.tensors().get(i);
            if (tensor.dataBytes() > 0 || tensor.isVariable() || tensor.shape().contains(0)) {
                given.set(i);
            }
        }
        graph.inputs().forEach(given::set);
        return given;
    }

    private void checkOperator(
            TfliteGraph graph, Operator operator, BitSet given, BitSet written, String where) {
        for (int input : operator.inputs()) {
            if (input == LEFT_OUT) {
                continue;
            }
            checkNumber(graph, input, where);
            if (!written.get(input)) {
                throw Flatbuffer.damaged(
                        where + " reads tensor " + input + " before anything computes it");
            }
        }
        for (int output : operator.outputs()) {
            if (output != LEFT_OUT) {
                checkNumber(graph, output, where);
                if (given.get(output) && !graph.tensors().get(output).shape().contains(0)) {
                    throw Flatbuffer.damaged(
                            where + " writes tensor " + output + ", which is given");
                }
                written.set(output);
            }
        }
        for (int scratch : operator.scratch()) {
            if (scratch != LEFT_OUT) {
                checkNumber(graph, scratch, where);
            }
        }
        for (int called : operator.calls()) {
            if (called < 0 || called >= file.graphs().size()) {
                throw Flatbuffer.damaged(where + " calls graph " + called);
            }
        }
    }

    private static void checkNumbers(TfliteGraph graph, List<Integer> numbers, String where) {
        for (int number : numbers) {
            checkNumber(graph, number, where);
        }
    }

    private static void checkNumber(TfliteGraph graph, int number, String where) {
        if (number < 0 || number >= graph.tensors().size()) {
            throw Flatbuffer.damaged(
                    where + ": tensor " + number + " of " + graph.tensors().size());
        }
    }

    /** Graphs that call themselves would never come to an end. */
    private void descend(int number, int depth) {
        if (done.get(number)) {
            return;
        }
        if (open.get(number) || depth > MAX_DEPTH) {
            throw Flatbuffer.damaged("graph " + number + " calls itself, or too deep");
        }
        open.set(number);
        for (Operator operator : file.graphs().get(number).operators()) {
            for (int called : operator.calls()) {
                descend(called, depth + 1);
            }
        }
        open.clear(number);
        done.set(number);
    }
}
