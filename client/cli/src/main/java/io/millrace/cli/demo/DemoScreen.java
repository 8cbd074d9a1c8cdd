package io.millrace.cli.demo;

import io.millrace.cli.Terminal;
import io.millrace.cli.Terminal.Style;
import java.util.List;
import java.util.Locale;

/** What the demo shows. Several threads speak; each line comes out whole. */
final class DemoScreen {

    private static final int TEXT_LINE = 4;
    private static final double NANOS_PER_MILLI = 1e6;

    private final Terminal terminal;
    private String lastBusy = "";
    private boolean muted;
    private boolean abandoned;

    DemoScreen(Terminal terminal) {
        this.terminal = terminal;
    }

    /** From now on only what is forced is shown: the demo is ending. */
    synchronized void mute() {
        muted = true;
        terminal.clearProgress();
    }

    /** Whether nobody reads any more. */
    synchronized boolean isAbandoned() {
        return abandoned;
    }

    /** Something was done. */
    synchronized void done(String text) {
        line(terminal.styled(Style.GREEN, "✓ ") + text);
    }

    /** Something that the user should know. */
    synchronized void note(String text) {
        line(terminal.styled(Style.YELLOW, "! ") + text);
    }

    /** Plain text. */
    synchronized void text(String text) {
        line(text);
    }

    /** Something takes time. */
    synchronized void busy(String text) {
        if (muted) {
            return;
        }
        if (terminal.isInteractive()) {
            terminal.showProgress("  " + text + " …");
        } else if (!text.equals(lastBusy)) {
            line("  " + text);
        }
        lastBusy = text;
    }

    /** A line that a function wrote. */
    synchronized void log(String step, String text) {
        String shown = "  │ " + step + "  " + Terminal.printable(text);
        line(terminal.styled(Style.DIM, shown));
    }

    /** A picture with its answer. */
    synchronized void outcome(byte[] picture, Scoreboard.Outcome outcome, double confidence) {
        List<String> lines =
                terminal.isColored()
                        ? PictureBlocks.colored(picture)
                        : PictureBlocks.plain(picture);
        String verdict =
                outcome.isRight()
                        ? terminal.styled(Style.GREEN, "✓")
                        : terminal.styled(Style.RED, "✗");
        List<String> texts =
                List.of(
                        terminal.styled(Style.DIM, "picture " + (outcome.id() + 1)),
                        "is         " + outcome.truth(),
                        "predicted  "
                                + terminal.styled(Style.BOLD, outcome.predicted())
                                + " "
                                + verdict,
                        "confidence " + percent(confidence),
                        "latency    " + millis(outcome.latencyNanos()));
        line("");
        for (int i = 0; i < lines.size(); i++) {
            int text = i - TEXT_LINE;
            String beside = text >= 0 && text < texts.size() ? "   " + texts.get(text) : "";
            line(("  " + lines.get(i) + beside).stripTrailing());
        }
    }

    /** How it went; shown also when muted. */
    synchronized void summary(Scoreboard.Summary summary) {
        force("");
        force(terminal.styled(Style.BOLD, sentence(summary)));
    }

    /** Something that is shown also when muted. */
    synchronized void force(String text) {
        terminal.clearProgress();
        abandoned |= !terminal.tryPrintNow(text);
    }

    static String sentence(Scoreboard.Summary summary) {
        String text =
                summary.sent()
                        + (summary.sent() == 1 ? " picture sent, " : " pictures sent, ")
                        + summary.answered()
                        + " answered, "
                        + summary.right()
                        + " right";
        return summary.answered() == 0
                ? text
                : text
                        + String.format(
                                Locale.ROOT, " (%.0f %%)", 100.0 * summary.right() / summary.sent())
                        + "; latency p50 "
                        + millis(summary.p50Nanos())
                        + ", p99 "
                        + millis(summary.p99Nanos());
    }

    static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.1f ms", nanos / NANOS_PER_MILLI);
    }

    private static String percent(double share) {
        return Double.isNaN(share)
                ? "not said"
                : String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    private void line(String text) {
        if (!muted) {
            force(text);
        }
    }
}
