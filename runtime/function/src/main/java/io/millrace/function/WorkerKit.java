package io.millrace.function;

import io.millrace.api.MillraceException;
import io.millrace.process.Folders;
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

/**
 * The worker's own Python files: they travel in the jar and are unpacked by content.
 *
 * @param home the folder in which their package is
 */
record WorkerKit(Path home) {

    static final String PACKAGE = "millrace_worker";
    static final List<String> FILES =
            List.of(
                    "__init__.py",
                    "__main__.py",
                    "channel.py",
                    "context.py",
                    "limits.py",
                    "protocol.py",
                    "runner.py");

    /** The file to run. */
    Path main() {
        return home.resolve(PACKAGE).resolve("__main__.py");
    }

    /** Unpacks below a folder what is not there yet. */
    static WorkerKit unpack(Path root) throws IOException {
        Map<String, String> contents = new LinkedHashMap<>();
        for (String file : FILES) {
            contents.put(file, read(file));
        }
        WorkerKit kit = new WorkerKit(root.resolve(Folders.nameOf(contents.toString())));
        if (Files.exists(kit.main())) {
            return kit;
        }
        Files.createDirectories(root);
        Path staging = Files.createTempDirectory(root, ".unpacking");
        Path folder = Files.createDirectory(staging.resolve(PACKAGE));
        for (Map.Entry<String, String> file : contents.entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
        try {
            Files.move(staging, kit.home, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
            Folders.delete(staging); // somebody else was faster
        }
        return kit;
    }

    private static String read(String file) throws IOException {
        try (InputStream in =
                WorkerKit.class.getResourceAsStream("worker/" + PACKAGE + "/" + file)) {
            if (in == null) {
                throw MillraceException.internal(
                        "the worker's file " + file + " is missing in this build", null);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
