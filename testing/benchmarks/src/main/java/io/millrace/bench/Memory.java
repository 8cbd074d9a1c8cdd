package io.millrace.bench;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Memory of processes, in kB. */
final class Memory {

    private Memory() {}

    /** Resident memory of one process. */
    static long resident(long pid) throws IOException {
        return field(Path.of("/proc/" + pid + "/status"), "VmRSS:");
    }

    /**
     * Resident memory of a process and all processes that it has started; what they share counts
     * once.
     */
    static long ofTree(Process process) throws IOException {
        List<Long> pids =
                Stream.concat(
                                Stream.of(process.pid()),
                                process.descendants().map(ProcessHandle::pid))
                        .toList();
        long all = 0;
        for (long pid : pids) {
            try {
                all += field(Path.of("/proc/" + pid + "/smaps_rollup"), "Pss:");
            } catch (NoSuchFileException e) {
                // it has ended
            }
        }
        return all;
    }

    private static long field(Path file, String name) throws IOException {
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith(name)) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw MillraceException.internal("no " + name + " in " + file, null);
    }
}
