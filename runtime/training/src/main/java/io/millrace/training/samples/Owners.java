package io.millrace.training.samples;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Who uses which set of samples: one small file for each owner, which holds the key of its set and
 * what it asked for. It outlives restarts. Guarded by its user.
 */
final class Owners {

    private final Path folder;

    /**
     * What an owner has.
     *
     * @param key of the set
     * @param asked the key of what it asked for; another one when that had no end
     */
    record Owned(String key, String asked) {}

    Owners(Path folder) {
        this.folder = folder;
    }

    /** Notes that an owner uses a set, in place of the one that it used before. */
    void put(String owner, Owned owned) throws IOException {
        Files.createDirectories(folder);
        Path file = file(owner);
        Path next = folder.resolve(file.getFileName() + ".next");
        Files.writeString(next, owned.key() + "\n" + owned.asked() + "\n" + owner);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** The set that an owner uses. */
    Optional<Owned> find(String owner) throws IOException {
        Path file = file(owner);
        return Files.exists(file) ? Optional.of(read(file)) : Optional.empty();
    }

    void remove(String owner) throws IOException {
        Files.deleteIfExists(file(owner));
    }

    /** Whether anybody uses a set. */
    boolean hasAny(String key) throws IOException {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        for (Path file : files()) {
            if (read(file).key().equals(key)) {
                return true;
            }
        }
        return false;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return new ArrayList<>(files.toList());
        }
    }

    private static Owned read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        return lines.size() < 2 ? new Owned("", "") : new Owned(lines.get(0), lines.get(1));
    }

    private Path file(String owner) {
        return folder.resolve(Keys.hash(owner.getBytes(StandardCharsets.UTF_8)));
    }
}
