package io.millrace.inference;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory a process really holds. */
final class ResidentMemory {

    private static final String LABEL = "VmRSS:";

    private ResidentMemory() {}

    /** Bytes; 0 when the process is gone or the system does not say. */
    static long ofProcess(long pid) {
        Path status = Path.of("/proc", Long.toString(pid), "status");
        try {
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith(LABEL)) {
                    String kibibytes = line.substring(LABEL.length()).replace("kB", "").strip();
                    return Long.parseLong(kibibytes) << 10;
                }
            }
        } catch (IOException | NumberFormatException e) {
            // Between waitFor and here the process may end: then it holds nothing.
            return 0;
        }
        return 0;
    }
}
