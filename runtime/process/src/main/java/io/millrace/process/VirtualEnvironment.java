package io.millrace.function;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A virtual environment.
 *
 * @param home its folder
 */
record VirtualEnvironment(Path home) {

    Path bin() {
        return home.resolve("bin");
    }

    Path python() {
        return bin().resolve("python");
    }

    /** Whether its interpreter is there, also at the end of its links. */
    boolean isUsable() {
        return Files.isExecutable(python());
    }
}
