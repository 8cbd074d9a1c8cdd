package io.millrace.model.tflite;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.model.tflite.TfliteFile.FileSignature;
import io.millrace.model.tflite.TfliteFile.Named;
import io.millrace.model.tflite.TfliteGraph.FileTensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * A signature and how it is called.
 *
 * @param signature as callers see it
 * @param isNamed whether the file itself has it; otherwise it is the main graph, whose tensors are
 *     counted as the file lists them
 * @param between what has to happen from call to call
 */
record Binding(Signature signature, boolean isNamed, Between between) {

    /** So that no call sees anything of the one before. */
    enum Between {
        /** The model keeps nothing. */
        NOTHING,
        /** Its variable tensors are set back to zero. */
        RESET,
        /** It assigns variables that only a new interpreter forgets. */
        REBUILD
    }

    /** The signatures of a file that has been checked, at least one. */
    static List<Binding> of(TfliteFile file) {
        var names = new HashSet<String>();
        var bindings = new ArrayList<Binding>();
        for (FileSignature signature : file.signatures()) {
            if (!names.add(signature.name())) {
                throw Flatbuffer.damaged("it has two signatures '" + signature.name() + "'");
            }
            bindings.add(named(file, signature));
        }
        return bindings.isEmpty() ? List.of(main(file)) : List.copyOf(bindings);
    }

    private static Binding main(TfliteFile file) {
        TfliteGraph graph = file.graphs().getFirst();
        return binding(
                file,
                graph,
                Signature.DEFAULT,
                false,
                namedByFile(graph, graph.inputs()),
                namedByFile(graph, graph.outputs()));
    }

    private static Binding named(TfliteFile file, FileSignature signature) {
        if (signature.graph() < 0 || signature.graph() >= file.graphs().size()) {
            throw Flatbuffer.damaged(
                    "the signature '" + signature.name() + "' calls graph " + signature.graph());
        }
        TfliteGraph graph = file.graphs().get(signature.graph());
        requireIn(graph.inputs(), signature.inputs(), signature.name());
        requireIn(graph.outputs(), signature.outputs(), signature.name());
        if (new HashSet<>(signature.inputs().stream().map(Named::tensor).toList()).size()
                != graph.inputs().size()) {
            throw Flatbuffer.damaged(
                    "the signature '" + signature.name() + "' does not name all inputs");
        }
        return binding(
                file, graph, signature.name(), true, signature.inputs(), signature.outputs());
    }

    private static void requireIn(List<Integer> tensors, List<Named> named, String signature) {
        var known = new HashSet<>(tensors);
        for (Named tensor : named) {
            if (!known.contains(tensor.tensor())) {
                throw Flatbuffer.damaged(
                        "'%s' of the signature '%s' is not among the tensors of its graph"
                                .formatted(tensor.name(), signature));
            }
        }
    }

    /** Tensors without a name, or with one that another has, are called by their place. */
    private static List<Named> namedByFile(TfliteGraph graph, List<Integer> tensors) {
        var names = new HashSet<String>();
        var named = new ArrayList<Named>();
        for (int tensor : tensors) {
            String name = graph.tensors().get(tensor).name();
            named.add(
                    new Named(
                            !name.isEmpty() && names.add(name) ? name : "tensor_" + named.size(),
                            tensor));
        }
        return named;
    }

    private static Binding binding(
            TfliteFile file,
            TfliteGraph graph,
            String name,
            boolean isNamed,
            List<Named> inputs,
            List<Named> outputs) {
        if (outputs.isEmpty()) {
            throw Flatbuffer.damaged("the signature '" + name + "' has no output");
        }
        return new Binding(
                new Signature(name, specs(graph, inputs), specs(graph, outputs)),
                isNamed,
                between(file));
    }

    private static List<TensorSpec> specs(TfliteGraph graph, List<Named> named) {
        var specs = new ArrayList<TensorSpec>(named.size());
        var names = new HashSet<String>();
        for (Named tensor : named) {
            FileTensor found = graph.tensors().get(tensor.tensor());
            if (!names.add(tensor.name())) {
                throw Flatbuffer.damaged("a signature has two tensors '" + tensor.name() + "'");
            }
            var type =
                    ElementTypes.fromFile(found.type())
                            .orElseThrow(() ->
                                    MillraceException.invalid(
                                            "'%s' has the type %s, which cannot be served"
                                                    .formatted(
                                                            tensor.name(),
                                                            ElementTypes.name(found.type()))));
            specs.add(new TensorSpec(tensor.name(), type, shape(found)));
        }
        return specs;
    }

    private static Shape shape(FileTensor tensor) {
        return Shape.of(tensor.signature().stream().mapToLong(Integer::longValue).toArray());
    }

    private static Between between(TfliteFile file) {
        var initial = new HashSet<Integer>();
        boolean hasVariables = false;
        for (TfliteGraph graph : file.graphs()) {
            for (TfliteGraph.Operator operator : graph.operators()) {
                if (operator.code() == Operators.CALL_ONCE) {
                    initial.addAll(operator.calls());
                }
            }
            hasVariables |= graph.tensors().stream().anyMatch(FileTensor::isVariable);
        }
        for (int i = 0; i < file.graphs().size(); i++) {
            boolean assigns =
                    file.graphs().get(i).operators().stream()
                            .anyMatch(operator -> operator.code() == Operators.ASSIGN_VARIABLE);
            if (assigns && !initial.contains(i)) {
                return Between.REBUILD;
            }
        }
        if (!hasVariables) {
            return Between.NOTHING;
        }
        // Resetting asks that the tensors of all graphs have memory, which only called ones have.
        return file.graphs().size() == 1 ? Between.RESET : Between.REBUILD;
    }
}
