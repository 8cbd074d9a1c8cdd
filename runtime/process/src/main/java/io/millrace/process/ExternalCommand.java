package io.millrace.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Runs a command of the system to its end, its output kept in a file. */
final class ExternalCommand {

    /**
     * What commands see of the server's variables: enough to find programs, settings, proxies and
     * package indexes. Packages run code of their own when they are installed, and the rest may
     * hold secrets, or send a Python elsewhere.
     */
    private static final Pattern INHERITED =
            Pattern.compile(
                    "PATH|HOME|LANG|TZ|TMPDIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE"
                            + "|(LC|PIP|SSL|XDG)_.+"
                            + "|(?i:(http|https|ftp|all|no)_proxy)");

    private ExternalCommand() {}

    /**
     * How it ended.
     *
     * @param exitCode its own, or -1 when it took too long and was killed
     * @param output all that it printed, at most the last 64 KiB
     */
    record Outcome(int exitCode, String output) {
        boolean isSuccess() {
            return exitCode == 0;
        }

        boolean isTimeout() {
            return exitCode == -1;
        }
    }

    static boolean isInherited(String name) {
        return INHERITED.matcher(name).matches();
    }

    static Outcome run(List<String> command, Path log, Duration limit)
            throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                        .redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> !isInherited(name));
        Process process = builder.start();
        try {
            if (process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return new Outcome(process.exitValue(), read(log));
            }
            return new Outcome(-1, read(log));
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static String read(Path log) throws IOException {
        byte[] bytes = Files.readAllBytes(log);
        int from = Math.max(0, bytes.length - (64 << 10));
        return new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
    }
}
