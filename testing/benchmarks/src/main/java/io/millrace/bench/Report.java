package io.millrace.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;

/** The page that a run leaves: when, on what machine, and the figures. */
final class Report {

    private final StringBuilder text = new StringBuilder();

    Report() throws IOException {
        line(
                "# Benchmark run of %s",
                Instant.now().toString().substring(0, 16).replace('T', ' ') + " UTC");
        line("");
        line("- Command: `./millrace bench`, commit `%s`", commit());
        line(
                "- Machine: %d cores, %s; JDK %s, Linux %s",
                Runtime.getRuntime().availableProcessors(),
                processor(),
                System.getProperty("java.vm.version"),
                System.getProperty("os.version"));
        line("- Load generator and server are two processes on the same cores, over loopback.");
    }

    void section(String title) {
        line("");
        line("## %s", title);
        line("");
        System.err.println("bench: " + title);
    }

    // The annotation that would check the formats at compile time is no dependency of ours.
    @SuppressWarnings("AnnotateFormatMethod")
    void line(String format, Object... values) {
        text.append(values.length == 0 ? format : String.format(Locale.ROOT, format, values))
                .append('\n');
    }

    String text() {
        return text.toString();
    }

    private static String processor() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
            if (line.startsWith("model name")) {
                return line.substring(line.indexOf(':') + 1).strip();
            }
        }
        return "unknown processor";
    }

    private static String commit() throws IOException {
        Process git =
                new ProcessBuilder("git", "rev-parse", "--short", "HEAD")
                        .directory(Path.of(System.getProperty("millrace.home")).toFile())
                        .start();
        String commit =
                new String(
                                git.getInputStream().readAllBytes(),
                                java.nio.charset.StandardCharsets.UTF_8)
                        .strip();
        return commit.isEmpty() ? "unknown" : commit;
    }
}
