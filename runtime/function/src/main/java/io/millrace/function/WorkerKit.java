package io.millrace.function;

import io.millrace.process.PythonKit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The worker's own Python files. */
final class WorkerKit {

    static final String PACKAGE = "millrace_worker";
    static final List<String> FILES =
            List.of(
                    "__init__.py",
                    "__main__.py",
                    "channel.py",
                    "context.py",
                    "failures.py",
                    "kserve_shim.py",
                    "limits.py",
                    "payloads.py",
                    "protocol.py",
                    "runner.py",
                    "tensors.py",
                    "transformer.py",
                    "usermodule.py");

    private WorkerKit() {}

    /** Unpacks below a folder what is not there yet. */
    static PythonKit unpack(Path root) throws IOException {
        return PythonKit.unpack(
                root,
                PACKAGE,
                FILES,
                file -> WorkerKit.class.getResourceAsStream("worker/" + PACKAGE + "/" + file));
    }
}
