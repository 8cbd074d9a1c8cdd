package io.millrace.system;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A Python with the MQTT client that users have: paho, from the package index. */
final class PythonClient {

    private static final String[] PACKAGES = {"paho-mqtt==2.1.0", "msgpack==1.1.0"};

    private PythonClient() {}

    /** The interpreter, its packages installed once for each machine. */
    static synchronized Path interpreter() {
        Path home = Repository.cache().resolve("paho-client");
        Path ready = home.resolve("ready");
        Path python = home.resolve("bin/python");
        if (!Files.exists(ready)) {
            CommandLine.run(List.of("python3", "-m", "venv", home.toString()), Map.of()).orFail();
            CommandLine.run(
                            List.of(
                                    python.toString(),
                                    "-m",
                                    "pip",
                                    "install",
                                    "-q",
                                    PACKAGES[0],
                                    PACKAGES[1]),
                            Map.of())
                    .orFail();
            CommandLine.run(List.of("touch", ready.toString()), Map.of()).orFail();
        }
        return python;
    }
}
