package io.millrace.inference;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Why a probe's process ended without a verdict, in words for the person who made the model. */
final class ProbeEnd {

    private static final int SIGNAL_BASE = 128;

    /** A JVM that crashes ends with SIGABRT; what really happened is at the head of its log. */
    private static final Pattern SIGNAL = Pattern.compile("#\\s+(SIG[A-Z]+) \\(0x.*");

    private static final Pattern LIBRARY = Pattern.compile("# [A-Za-z]\\s+\\[([^+\\]]+).*");
    private static final int HEAD_LINES = 40;

    private ProbeEnd() {}

    /**
     * Says what happened.
     *
     * @param exit the exit code as Java gives it
     * @param crashLog where the JVM writes when it crashes
     * @param said the last telling output
     */
    static String reason(int exit, Path crashLog, String said) {
        String how = exit == 0 ? "the process ended by itself" : crash(exit, crashLog);
        return "the model crashes its engine ("
                + how
                + ")"
                + (said.isEmpty() ? "" : "; last output: " + said);
    }

    private static String crash(int exit, Path crashLog) {
        String signal = "";
        String library = "";
        for (String line : head(crashLog)) {
            Matcher signalLine = SIGNAL.matcher(line);
            Matcher frame = LIBRARY.matcher(line);
            if (signal.isEmpty() && signalLine.matches()) {
                signal = signalLine.group(1);
            } else if (library.isEmpty() && frame.matches()) {
                library = " in " + frame.group(1);
            }
        }
        return signal.isEmpty() ? exit(exit) : explain(signal) + library;
    }

    private static List<String> head(Path crashLog) {
        try (var lines = Files.lines(crashLog)) {
            return lines.limit(HEAD_LINES).toList();
        } catch (IOException | java.io.UncheckedIOException e) {
            return List.of(); // without the log, the exit code must do
        }
    }

    private static String exit(int code) {
        return switch (code - SIGNAL_BASE) {
            case 4 -> explain("SIGILL");
            case 6 -> explain("SIGABRT");
            case 7 -> explain("SIGBUS");
            case 8 -> explain("SIGFPE");
            case 9 -> explain("SIGKILL");
            case 11 -> explain("SIGSEGV");
            case 15 -> explain("SIGTERM");
            default -> "exit code " + code;
        };
    }

    private static String explain(String signal) {
        String words =
                switch (signal) {
                    case "SIGILL" -> "illegal instruction: is it built for another processor?, ";
                    case "SIGABRT" -> "abort, ";
                    case "SIGBUS" -> "bus error, ";
                    case "SIGFPE" -> "arithmetic error, ";
                    case "SIGKILL" -> "killed by the system, out of memory?, ";
                    case "SIGSEGV" -> "segmentation fault, ";
                    case "SIGTERM" -> "ended from outside, ";
                    default -> "";
                };
        return words + signal;
    }
}
