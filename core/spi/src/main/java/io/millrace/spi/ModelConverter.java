package io.millrace.spi;

import java.nio.file.Path;

/**
 * Turns a model that no engine loads into one that an engine does, in a process of its own: a model
 * file of this kind may hold code.
 */
public interface ModelConverter {

    /**
     * Which converter and which of its parts a result belongs to: changes whenever the same input
     * may give another result.
     */
    String version();

    /**
     * The framework of the result when this is a folder that it converts, without running anything
     * of it; empty when it is none.
     *
     * @param unpacked the unpacked archive
     */
    java.util.Optional<String> accepts(Path unpacked);

    /**
     * Converts. Blocks, possibly for minutes while an environment is built; called on a platform
     * thread.
     *
     * @param unpacked what {@link #accepts} said yes to
     * @param target an empty folder for the result
     * @throws io.millrace.api.MillraceException {@code INVALID} when the model cannot be converted,
     *     with what the user can do; {@code UNAVAILABLE} when the environment cannot be built now
     */
    void convert(Path unpacked, Path target);
}
