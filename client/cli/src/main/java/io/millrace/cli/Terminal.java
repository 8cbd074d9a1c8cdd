package io.millrace.cli;

import java.io.BufferedOutputStream;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/** Where the command line writes: results to one stream, everything else to the other. */
public final class Terminal {

    /** How text looks on a terminal. */
    public enum Style {
        BOLD("1"),
        DIM("2"),
        RED("31"),
        GREEN("32"),
        YELLOW("33"),
        CYAN("36");

        private final String code;

        Style(String code) {
            this.code = code;
        }
    }

    private final PrintStream out;
    private final PrintStream err;
    private final boolean interactive;
    private final boolean colored;
    private boolean hasProgress;

    /**
     * A terminal of two streams.
     *
     * @param interactive whether a person looks on, so that lines may be redrawn
     * @param colored whether to use colours
     */
    public Terminal(PrintStream out, PrintStream err, boolean interactive, boolean colored) {
        this.out = out;
        this.err = err;
        this.interactive = interactive;
        this.colored = colored;
    }

    static Terminal ofProcess(StandardOutput output, Map<String, String> environment) {
        boolean interactive =
                Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
        boolean plain =
                !environment.getOrDefault("NO_COLOR", "").isEmpty()
                        || "dumb".equals(environment.get("TERM"));
        return new Terminal(
                new PrintStream(
                        new BufferedOutputStream(output, 1 << 13), false, StandardCharsets.UTF_8),
                new PrintStream(
                        new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                interactive,
                interactive && !plain);
    }

    /** For results. */
    public PrintStream out() {
        return out;
    }

    /** For errors and for what is going on. */
    public PrintStream err() {
        return err;
    }

    /** Whether a person looks on, so that lines may be redrawn. */
    public boolean isInteractive() {
        return interactive;
    }

    /** Whether colours are shown. */
    public boolean isColored() {
        return colored;
    }

    /** Writes a line of result at once and answers whether anybody still reads. */
    public boolean tryPrintNow(String line) {
        out.println(line);
        return !out.checkError();
    }

    /** The text in a style, or plain where there are no colours. */
    public String styled(Style style, String text) {
        return colored ? "\u001b[" + style.code + "m" + text + "\u001b[0m" : text;
    }

    /** Shows a line that the next one replaces; nothing where nobody looks on. */
    public synchronized void showProgress(String line) {
        if (interactive) {
            err.print("\r\u001b[K" + styled(Style.DIM, line));
            err.flush();
            hasProgress = true;
        }
    }

    /** Removes the line of progress. */
    public synchronized void clearProgress() {
        if (hasProgress) {
            err.print("\r\u001b[K");
            err.flush();
            hasProgress = false;
        }
    }

    /** Text without characters that would move the cursor or change the terminal. */
    public static String printable(String text) {
        return text.codePoints()
                .map(c -> Character.isISOControl(c) && c != '\t' ? ' ' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
