package io.millrace.function;

import io.millrace.api.TimeSource;
import io.millrace.function.FunctionRuntimeConfig.LogBudget;
import io.millrace.spi.Meters;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Turns what a worker prints into lines and keeps a flood out: long lines are cut, and what exceeds
 * the budget is dropped, counted, and said in one line.
 */
final class LogPump {

    private static final long SECOND = 1_000_000_000L;

    private final LogBudget budget;
    private final TimeSource time;
    private final Meters.Count dropped;
    private final Consumer<String> lines;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private long cut;
    private double lineCredit;
    private double byteCredit;
    private long refilledAt;
    private long unsaid;

    LogPump(LogBudget budget, TimeSource time, Meters.Count dropped, Consumer<String> lines) {
        this.budget = budget;
        this.time = time;
        this.dropped = dropped;
        this.lines = lines;
        this.lineCredit = 2.0 * budget.linesPerSecond();
        this.byteCredit = 2.0 * budget.bytesPerSecond();
        this.refilledAt = time.nanoTime();
    }

    /** Reads until the stream ends. */
    void drain(InputStream stream) throws IOException {
        byte[] buffer = new byte[16 << 10];
        int count;
        while ((count = stream.read(buffer)) >= 0) {
            accept(buffer, count);
        }
    }

    synchronized void accept(byte[] bytes, int count) {
        int from = 0;
        for (int i = 0; i < count; i++) {
            if (bytes[i] == '\n') {
                collect(bytes, from, i);
                endLine();
                from = i + 1;
            }
        }
        collect(bytes, from, count);
    }

    /** Nothing more will come: what is left is a line too. */
    synchronized void end() {
        if (line.size() > 0 || cut > 0) {
            endLine();
        }
        sayDropped();
    }

    /** Called now and then, so that a flood is reported also when silence follows. */
    synchronized void tick() {
        if (unsaid > 0) {
            refill();
            if (lineCredit >= budget.linesPerSecond()) {
                sayDropped();
            }
        }
    }

    private void collect(byte[] bytes, int from, int to) {
        int room = Math.max(0, budget.lineBytes() - line.size());
        int taken = Math.min(room, to - from);
        line.write(bytes, from, taken);
        cut += to - from - taken;
    }

    private void endLine() {
        refill();
        if (lineCredit < 1 || byteCredit < line.size()) {
            unsaid++;
            dropped.increment();
        } else {
            sayDropped();
            lineCredit--;
            byteCredit -= line.size();
            lines.accept(text());
        }
        line.reset();
        cut = 0;
    }

    private String text() {
        String text = line.toString(StandardCharsets.UTF_8);
        if (cut > 0) {
            return text + " … (" + cut + " bytes of this line cut)";
        }
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }

    private void sayDropped() {
        if (unsaid > 0) {
            lines.accept(
                    "… "
                            + unsaid
                            + " lines dropped: a function may print "
                            + budget.linesPerSecond()
                            + " lines and "
                            + budget.bytesPerSecond()
                            + " bytes a second");
            unsaid = 0;
        }
    }

    private void refill() {
        long now = time.nanoTime();
        double seconds = (double) (now - refilledAt) / SECOND;
        refilledAt = now;
        lineCredit =
                Math.min(
                        2.0 * budget.linesPerSecond(),
                        lineCredit + seconds * budget.linesPerSecond());
        byteCredit =
                Math.min(
                        2.0 * budget.bytesPerSecond(),
                        byteCredit + seconds * budget.bytesPerSecond());
    }
}
