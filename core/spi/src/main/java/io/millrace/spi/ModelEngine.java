package io.millrace.spi;

import java.nio.file.Path;

/** A plug-in that runs models of one framework in the process. */
public interface ModelEngine {

    /** The framework's name as models declare it, such as {@code tensorflow}. */
    String framework();

    /**
     * Which engine and which of its checks a verdict about a model belongs to: changes whenever a
     * model that was fine may not be any more. Must not load anything native.
     */
    String version();

    /**
     * Finds the folder or file to load in an unpacked archive, without running anything of it.
     *
     * @throws io.millrace.api.MillraceException {@code INVALID} when this is no such model; says
     *     what was expected and what was found
     */
    Path locate(Path unpacked);

    /**
     * Loads a model. Blocks; called on a platform thread. The caller closes the result once.
     *
     * @param artifact what {@link #locate} gave
     * @throws io.millrace.api.MillraceException {@code INVALID} when it cannot be loaded
     */
    LoadedModel load(Path artifact);
}
