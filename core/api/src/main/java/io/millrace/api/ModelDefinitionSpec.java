package io.millrace.api;

import java.util.List;

/**
 * The source of a model that can be trained: code that leaves the model in a variable {@code
 * model}. It runs in trainer processes only.
 *
 * @param library what it is written with
 * @param imports code that runs first, may be empty
 * @param source the code
 * @param requirements packages it needs beside those of the library, as pip writes them
 */
public record ModelDefinitionSpec(
        Library library, String imports, FunctionSpec.Source source, List<String> requirements)
        implements Spec {

    public ModelDefinitionSpec {
        requirements = List.copyOf(requirements);
    }

    /** What trains it. */
    public enum Library {
        /** A compiled Keras model. */
        KERAS,
        /** A PyTorch module that says its loss and its optimiser. */
        PYTORCH
    }
}
