package io.millrace.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker and everything that it started. Workers make a session of their own, so that their
 * children are found also when the worker itself is gone and they belong to nobody.
 */
public final class ProcessFamily {

    private static final Logger log = LoggerFactory.getLogger(ProcessFamily.class);

    private ProcessFamily() {}

    /** Ends the process and its family. */
    public static void kill(Process process) {
        kill(process.toHandle());
    }

    /** The same for a process that another program of ours started. */
    public static void kill(ProcessHandle process) {
        Set<ProcessHandle> members = new LinkedHashSet<>();
        process.descendants().forEach(members::add);
        process.destroyForcibly();
        addSession(process.pid(), members);
        members.forEach(ProcessHandle::destroyForcibly);
    }

    private static void addSession(long session, Set<ProcessHandle> members) {
        Path proc = Path.of("/proc");
        if (!Files.isDirectory(proc)) {
            return;
        }
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path folder : folders) {
                if (sessionOf(folder) == session) {
                    ProcessHandle.of(Long.parseLong(folder.getFileName().toString()))
                            .filter(handle -> handle.pid() != session)
                            .ifPresent(members::add);
                }
            }
        } catch (IOException e) {
            log.warn("The processes of session {} could not be listed", session, e);
        }
    }

    /** The fourth field behind the name, which may itself hold anything; -1 when it is gone. */
    private static long sessionOf(Path folder) {
        try {
            String stat =
                    new String(
                            Files.readAllBytes(folder.resolve("stat")),
                            StandardCharsets.ISO_8859_1);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", 5);
            return Long.parseLong(fields[3]);
        } catch (IOException e) {
            return -1; // it ended in between
        }
    }
}
