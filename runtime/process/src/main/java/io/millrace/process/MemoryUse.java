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

    /**
     * Bytes that a process and all that it started hold and that are in no file: pages of mapped
     * files may go whenever others need the room. What a fork shares with its parent counts once.
     */
    public static long own(ProcessHandle process) {
        long sum = own(process.pid());
        var children = process.descendants().mapToLong(ProcessHandle::pid).toArray();
        if (children.length == 0) {
            return sum;
        }
        sum = own(process.pid(), true);
        for (long child : children) {
            sum += own(child, true);
        }
        return sum;
    }

    /**
     * The same, or more: what a fork shares with its parent counts twice. Quick, where telling it
     * exactly has the kernel look at every page.
     */
    public static long ownAtMost(ProcessHandle process) {
        return own(process.pid())
                + process.descendants().mapToLong(child -> own(child.pid())).sum();
    }

    /** The same of one process, quickly. */
    public static long own(long pid) {
        return own(pid, false);
    }

    private static long own(long pid, boolean isExact) {
        if (isExact) {
            Path rollup = Path.of("/proc/" + pid + "/smaps_rollup");
            long bytes = field(rollup, "Pss_Anon:") + field(rollup, "Pss_Shmem:");
            if (bytes > 0) {
                return bytes;
            }
        }
        Path status = Path.of("/proc/" + pid + "/status");
        return field(status, "RssAnon:") + field(status, "RssShmem:");
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
