package io.millrace.training.run;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.codec.json.JsonMap;
import io.millrace.process.MemoryUse;
import io.millrace.process.ProcessFamily;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One trainer, from its start to its end. Whoever finds a reason to end it says so with {@link
 * #kill}; the first reason counts.
 */
final class TrainerProcess {

    private static final Logger log = LoggerFactory.getLogger(TrainerProcess.class);
    private static final int LONGEST_LINE = 16 << 20;
    private static final int TICKS_PER_FAMILY_LOOK = 5;
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final Process process;
    private final DataSize memory;
    private final TimeSource time;
    private final AtomicReference<@Nullable End> killed = new AtomicReference<>();
    private final Thread events;
    private final Thread output;
    private volatile long deadline;
    private volatile End overdue;
    private int ticks;

    /**
     * Why a trainer was ended.
     *
     * @param reason one word in CamelCase
     * @param text a sentence
     */
    record End(String reason, String text) {}

    /** Takes what the trainer reports, in order, on one thread. */
    @FunctionalInterface
    interface Listener {
        void reported(JsonMap event, String line);
    }

    TrainerProcess(
            Process process,
            OutputLog log,
            Listener listener,
            DataSize memory,
            Duration limit,
            End overdue,
            TimeSource time) {
        this.process = process;
        this.memory = memory;
        this.time = time;
        this.overdue = overdue;
        this.deadline = time.nanoTime() + limit.toNanos();
        String name = "trainer-" + process.pid();
        this.events = Thread.ofVirtual().name(name + "-events").unstarted(() -> read(listener));
        this.output = Thread.ofVirtual().name(name + "-output").unstarted(() -> drain(log));
    }

    void start() {
        events.start();
        output.start();
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    /** From now on another deadline counts. */
    void limit(Duration limit, End verdict) {
        overdue = verdict;
        deadline = time.nanoTime() + limit.toNanos();
    }

    /** Says something to the trainer; one that is gone does not hear it. */
    void send(String command) {
        try {
            var out = process.outputWriter(StandardCharsets.UTF_8);
            synchronized (out) {
                out.write(command);
                out.write('\n');
                out.flush();
            }
        } catch (IOException e) {
            log.debug("Trainer {} does not listen any more", process.pid(), e);
        }
    }

    /** Looks whether a limit is exceeded; called by the watch, some ten times a second. */
    void look() {
        if (!process.isAlive()) {
            return;
        }
        if (time.nanoTime() - deadline > 0) {
            kill(overdue);
            return;
        }
        boolean lookAtAll = ++ticks % TICKS_PER_FAMILY_LOOK == 0;
        long used = lookAtAll ? ownOfAll() : MemoryUse.own(process.pid());
        if (used > memory.bytes()) {
            kill(
                    new End(
                            "OutOfMemory",
                            "it used "
                                    + DataSize.ofMebibytes(used >> 20)
                                    + " of memory, its limit is "
                                    + memory
                                    + ": a smaller batch or model may help, or a higher limit"));
        }
    }

    /**
     * Exact only where that matters: the kernel takes its time over it, and so does the trainer.
     */
    private long ownOfAll() {
        long most = MemoryUse.ownAtMost(process.toHandle());
        return most <= memory.bytes() ? most : MemoryUse.own(process.toHandle());
    }

    /** Ends the trainer and all that it started, at once. The first reason stays. */
    void kill(End end) {
        killed.compareAndSet(null, end);
        ProcessFamily.kill(process);
    }

    /**
     * Waits for its end, and until all it said was heard.
     *
     * @return why it was ended; null when it ended by itself
     */
    @Nullable End await() throws InterruptedException {
        process.waitFor();
        ProcessFamily.kill(process); // what it started shall not outlive it
        events.join(GRACE);
        output.join(GRACE);
        return killed.get();
    }

    /** The code with which it ended, in words. */
    String exit() {
        int code = process.exitValue();
        return code > 128 ? "it was ended by signal " + (code - 128) : "it ended with code " + code;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    boolean waitFor(Duration limit) throws InterruptedException {
        return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void read(Listener listener) {
        var line = new ByteArrayOutputStream();
        byte[] buffer = new byte[16 << 10];
        try (InputStream in = process.getInputStream()) {
            int count;
            while ((count = in.read(buffer)) >= 0) {
                int from = 0;
                for (int i = 0; i < count; i++) {
                    if (buffer[i] == '\n') {
                        line.write(buffer, from, i - from);
                        tell(listener, line.toString(StandardCharsets.UTF_8));
                        line.reset();
                        from = i + 1;
                    }
                }
                line.write(buffer, from, count - from);
                if (line.size() > LONGEST_LINE) {
                    throw MillraceException.invalid("a line of more than 16 MiB");
                }
            }
        } catch (IOException e) {
            log.debug("The events of trainer {} ended", process.pid(), e);
        } catch (MillraceException e) {
            log.warn("Trainer {} is not listened to any more", process.pid(), e);
            String reason = e.code() == ErrorCode.TOO_LARGE ? "ReportedTooMuch" : "Internal";
            kill(new End(reason, "the trainer reports what cannot be taken: " + e.text()));
        } catch (RuntimeException e) {
            log.warn("Trainer {} reports what cannot be understood", process.pid(), e);
            kill(new End("Internal", "the trainer reports what cannot be understood: " + e));
        }
    }

    private static void tell(Listener listener, String line) {
        JsonMap event = JsonMap.parse(line);
        if (event.text("event").startsWith("run.")) {
            throw MillraceException.invalid("an event that only the server makes");
        }
        listener.reported(event, line);
    }

    private void drain(OutputLog target) {
        try (InputStream stream = process.getErrorStream()) {
            target.drain(stream);
        } catch (IOException e) {
            log.debug("The output of trainer {} ended", process.pid(), e);
        }
    }
}
