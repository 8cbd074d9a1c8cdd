package io.millrace.model.tflite;

import java.util.List;

/**
 * What a {@code .tflite} file says.
 *
 * @param graphs at least one; the first is the main one
 * @param signatures none in files of older converters
 */
record TfliteFile(List<TfliteGraph> graphs, List<FileSignature> signatures) {

    TfliteFile {
        graphs = List.copyOf(graphs);
        signatures = List.copyOf(signatures);
    }

    /**
     * A way to call one of the graphs, with names of its own.
     *
     * @param graph the number of the graph
     */
    record FileSignature(String name, int graph, List<Named> inputs, List<Named> outputs) {

        FileSignature {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
        }
    }

    /**
     * A tensor by the name that callers use.
     *
     * @param tensor its number in the graph
     */
    record Named(String name, int tensor) {}
}
