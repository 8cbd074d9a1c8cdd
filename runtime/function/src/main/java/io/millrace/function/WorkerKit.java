package io.millrace.function;

import io.millrace.api.MillraceException;
import io.millrace.process.PythonKit;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The worker's own Python files. */
final class WorkerKit {

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

    private WorkerKit() {}

    /** Unpacks below a folder what is not there yet. */
    static PythonKit unpack(Path root) throws IOException {
        Map<String, String> contents = new LinkedHashMap<>();
        for (String file : FILES) {
            contents.put(file, read(file));
        }
        return PythonKit.unpack(root, PACKAGE, contents);
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
