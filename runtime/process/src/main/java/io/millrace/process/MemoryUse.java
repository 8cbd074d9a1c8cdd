package io.millrace.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What processes hold in memory, as Linux tells it; elsewhere nothing is known. */
public final class MemoryUse {

    private MemoryUse() {}

    /** Resident bytes of one process; 0 when it is gone or the system does not tell. */
    public static long resident(long pid) {
        return field(Path.of("/proc/" + pid + "/status"), "VmRSS:");
    }

    /**
     * Bytes of a process and all that it started, shared pages counted once: slow, for making sure.
     */
    public static long proportional(ProcessHandle process) {
        long sum = proportional(process.pid());
        return sum + process.descendants().mapToLong(child -> proportional(child.pid())).sum();
    }

    /**
     * Resident bytes of a process and all that it started; forked ones count shared pages twice.
     */
    public static long residentOfAll(ProcessHandle process) {
        return resident(process.pid())
                + process.descendants().mapToLong(child -> resident(child.pid())).sum();
    }

    private static long proportional(long pid) {
        long bytes = field(Path.of("/proc/" + pid + "/smaps_rollup"), "Pss:");
        return bytes > 0 ? bytes : resident(pid);
    }

    private static long field(Path file, String name) {
        String text;
        try {
            text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return 0; // it ended in between, or this is not Linux
        }
        int at = text.indexOf("\n" + name);
        if (at < 0) {
            return 0;
        }
        long kibibytes = 0;
        for (int i = at + name.length() + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= '0' && c <= '9') {
                kibibytes = kibibytes * 10 + (c - '0');
            } else if (kibibytes > 0 || c == '\n') {
                break;
            }
        }
        return kibibytes << 10;
    }
}
