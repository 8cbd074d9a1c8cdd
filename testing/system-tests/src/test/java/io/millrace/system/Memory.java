package io.millrace.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What a server holds in memory. */
final class Memory {

    private Memory() {}

    /** The bytes of the heap that are in use after a full collection. */
    static long live(ServerProcess server) {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        String out =
                CommandLine.run(
                                List.of(jcmd, Long.toString(server.pid()), "GC.class_histogram"),
                                Map.of())
                        .orFail()
                        .out();
        String total =
                out.lines().filter(line -> line.startsWith("Total")).findFirst().orElseThrow();
        return Long.parseLong(total.substring(total.lastIndexOf(' ') + 1));
    }

    /** The memory that the system gave to the process. */
    static long resident(ServerProcess server) {
        try {
            return Files.readAllLines(Path.of("/proc/" + server.pid() + "/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
