package io.millrace.system;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where things lie in the repository that is being tested. */
final class Repository {

    private Repository() {}

    static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("ARCHITECTURE.md"))) {
            Path parent = folder.getParent();
            if (parent == null) {
                throw new AssertionError(
                        "not inside the repository: " + Path.of("").toAbsolutePath());
            }
            folder = parent;
        }
        return folder;
    }

    static Path fashion() {
        return root().resolve("examples/fashion");
    }

    /**
     * What can be made again is shared by all tests of a machine: virtual environments take
     * minutes.
     */
    static Path cache() {
        return root().resolve("testing/system-tests/target/cache");
    }
}
