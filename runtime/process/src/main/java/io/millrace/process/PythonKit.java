package io.millrace.process;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A Python package that travels in a jar and is unpacked by content.
 *
 * @param home the folder in which the package is
 * @param name of the package
 */
public record PythonKit(Path home, String name) {

    /** The file to run. */
    public Path main() {
        return home.resolve(name).resolve("__main__.py");
    }

    /**
     * Unpacks below a folder what is not there yet.
     *
     * @param files names of the package's files
     * @param jar gives what a file holds, null when it has none of that name
     */
    public static PythonKit unpack(
            Path root, String name, List<String> files, Function<String, @Nullable InputStream> jar)
            throws IOException {
        Map<String, String> contents = new LinkedHashMap<>();
        for (String file : files) {
            contents.put(file, read(name, file, jar));
        }
        return unpack(root, name, contents);
    }

    private static String read(
            String name, String file, Function<String, @Nullable InputStream> jar)
            throws IOException {
        try (InputStream in = jar.apply(file)) {
            if (in == null) {
                throw MillraceException.internal(
                        "the file " + file + " of " + name + " is missing in this build", null);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static PythonKit unpack(Path root, String name, Map<String, String> files)
            throws IOException {
        PythonKit kit = new PythonKit(root.resolve(Folders.nameOf(files.toString())), name);
        if (Files.exists(kit.main())) {
            return kit;
        }
        Files.createDirectories(root);
        Path staging = Files.createTempDirectory(root, ".unpacking");
        Path folder = Files.createDirectory(staging.resolve(name));
        for (Map.Entry<String, String> file : files.entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
        try {
            Files.move(staging, kit.home, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
            Folders.delete(staging); // somebody else was faster
        }
        return kit;
    }
}
