package io.millrace.model.tflite;

import java.util.List;

/**
 * One sub-graph of a model as the file describes it; the first is the main one, the others are
 * bodies of loops and branches, or further signatures.
 *
 * @param inputs numbers of tensors
 * @param outputs numbers of tensors
 * @param operators in the order in which they run
 */
record TfliteGraph(
        List<FileTensor> tensors,
        List<Integer> inputs,
        List<Integer> outputs,
        List<Operator> operators) {

    TfliteGraph {
        tensors = List.copyOf(tensors);
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        operators = List.copyOf(operators);
    }

    /**
     * A tensor.
     *
     * @param shape what it is made for
     * @param signature the same with -1 where another extent may be given
     * @param dataBytes of a constant; 0 for what is computed
     * @param isVariable whether it keeps its value from call to call
     */
    record FileTensor(
            String name,
            int type,
            List<Integer> shape,
            List<Integer> signature,
            long dataBytes,
            boolean isVariable) {

        FileTensor {
            shape = List.copyOf(shape);
            signature = List.copyOf(signature);
        }
    }

    /**
     * A step of the computation.
     *
     * @param code which operator
     * @param inputs numbers of tensors, -1 for one left out
     * @param outputs numbers of tensors
     * @param scratch numbers of tensors for its own use
     * @param calls the sub-graphs it runs
     */
    record Operator(
            int code,
            List<Integer> inputs,
            List<Integer> outputs,
            List<Integer> scratch,
            List<Integer> calls) {

        Operator {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
            scratch = List.copyOf(scratch);
            calls = List.copyOf(calls);
        }
    }
}
