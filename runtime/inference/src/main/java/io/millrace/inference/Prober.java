package io.millrace.inference;

import java.nio.file.Path;

/** Finds out whether a model may be loaded into the server. */
@FunctionalInterface
public interface Prober {

    /**
     * Loads and tries a model where it can do no harm. Blocks until the verdict is there or the
     * time for it is over, which is a verdict too.
     *
     * @param framework the engine's name
     * @param unpacked the model's folder
     */
    ProbeVerdict probe(String framework, Path unpacked);
}
