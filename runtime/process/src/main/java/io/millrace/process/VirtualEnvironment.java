package io.millrace.process;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A virtual environment.
 *
 * @param home its folder
 */
public record VirtualEnvironment(Path home) {

    /** Where its programs are. */
    public Path bin() {
        return home.resolve("bin");
    }

    /** Its interpreter. */
    public Path python() {
        return bin().resolve("python");
    }

    /** Whether its interpreter is there, also at the end of its links. */
    boolean isUsable() {
        return Files.isExecutable(python());
    }
}
