package io.millrace.training.run;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.codec.json.JsonMap;
import io.millrace.process.Folders;
import io.millrace.spi.TrainingPlan;
import io.millrace.spi.TrainingState.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run: what is known of it, what is kept of it, and whoever wants to end it. Its work is done
 * by a {@link RunTask}.
 */
final class Run {

    private static final Logger log = LoggerFactory.getLogger(Run.class);
    private static final long MILLIS_BETWEEN_NEWS = 1000;

    /** On a live stream a piece a second makes less than 30 MiB a day. */
    private static final long LARGEST_JOURNAL = 1L << 30;

    private final RunFolder folder;
    private final RunRecord record;
    private final RunJournal journal;
    private final TimeSource time;
    private volatile Runnable changed = () -> {};
    private long saidAt;
    private boolean isSubmitted;
    private boolean isStopped;
    private boolean isAbandoned;
    private @Nullable Thread worker;
    private @Nullable TrainerProcess process;

    private Run(RunFolder folder, RunRecord record, TimeSource time) {
        this.folder = folder;
        this.record = record;
        this.journal = new RunJournal(folder.journal());
        this.time = time;
    }

    /** A new one. */
    static Run create(RunFolder folder, TrainingPlan plan, TimeSource time) throws IOException {
        if (folder.isComplete()) {
            throw new IOException("there is a run in " + folder.home());
        }
        Folders.delete(folder.home()); // half of one that a crash left
        folder.save(plan);
        Run run = new Run(folder, new RunRecord(plan), time);
        run.enter(Phase.QUEUED, "Queued", "it waits for its turn");
        return run;
    }

    /** One that an earlier server worked on. */
    static Run load(RunFolder folder, TrainingPlan plan, TimeSource time) throws IOException {
        RunRecord record = new RunRecord(plan);
        Run run = new Run(folder, record, time);
        run.journal.replay(record::apply);
        record.settle();
        return run;
    }

    /** One whose folder cannot be understood: it has failed, and its files are left as they are. */
    static Run unreadable(RunFolder folder, TrainingPlan plan, TimeSource time) {
        Run run = new Run(folder, new RunRecord(plan), time);
        run.record.apply(
                JsonMap.parse(
                        JsonMap.write(
                                state(
                                        Phase.FAILED,
                                        "Unreadable",
                                        "what an earlier server left in "
                                                + folder.home()
                                                + " cannot be read, its log says why; remove the run and train"
                                                + " again, or restore the folder and start the server again"))),
                time.epochMillis());
        return run;
    }

    RunFolder folder() {
        return folder;
    }

    RunRecord record() {
        return record;
    }

    TrainingPlan plan() {
        return record.plan();
    }

    boolean isEnded() {
        return record.state().phase().isEnd();
    }

    void tell(Runnable listener) {
        changed = listener;
    }

    /** Whether it is to be given to a worker now: true once in the life of a server. */
    synchronized boolean submit() {
        boolean isDue = !isSubmitted && !isAbandoned && !isEnded();
        isSubmitted |= isDue;
        return isDue;
    }

    /** Its work begins on this thread; false when nobody wants it any more. */
    synchronized boolean begin() {
        if (isAbandoned) {
            return false;
        }
        worker = Thread.currentThread();
        return true;
    }

    /** Its work has ended; an interruption that came late is forgotten. */
    synchronized void end() {
        worker = null;
        var _ = Thread.interrupted();
        notifyAll();
    }

    /** Waits until nobody works on it. */
    synchronized void awaitIdle() throws InterruptedException {
        while (worker != null) {
            wait();
        }
    }

    synchronized boolean isStopped() {
        return isStopped;
    }

    synchronized boolean isAbandoned() {
        return isAbandoned;
    }

    /** What it has learned shall be kept, and nothing more be learned. */
    void stop(java.time.Duration patience) {
        TrainerProcess trainer;
        boolean endsNow;
        synchronized (this) {
            if (isStopped || isEnded()) {
                return;
            }
            isStopped = true;
            trainer = process;
            // What was learned is written by the next trainer, which there will be.
            boolean hasLearned = folder.hasCheckpoint();
            endsNow = worker == null && !hasLearned;
            isAbandoned |= endsNow;
            if (trainer == null && worker != null && !hasLearned) {
                worker.interrupt();
            }
        }
        if (endsNow) {
            stoppedBeforeItBegan();
        } else if (trainer != null) {
            askToStop(trainer, patience);
        }
    }

    void stoppedBeforeItBegan() {
        enter(Phase.STOPPED, "Stopped", "it was stopped before it began: there is no model");
    }

    private static void askToStop(TrainerProcess trainer, java.time.Duration patience) {
        trainer.limit(
                patience,
                new TrainerProcess.End(
                        "StopTookTooLong",
                        "it was stopped and did not write its model within "
                                + patience.toSeconds()
                                + " s"));
        trainer.send("{\"command\":\"stop\"}");
    }

    /** Nobody shall work on it any more: it is removed, or the server stops. */
    void abandon() {
        TrainerProcess trainer;
        synchronized (this) {
            isAbandoned = true;
            trainer = process;
            if (worker != null) {
                worker.interrupt();
            }
        }
        if (trainer != null) {
            trainer.kill(new TrainerProcess.End("Closed", "nobody wants it any more"));
        }
    }

    /** A trainer works on it from now on, or none does. */
    void workedOnBy(@Nullable TrainerProcess trainer, java.time.Duration patience)
            throws IOException {
        boolean kills;
        boolean asks;
        synchronized (this) {
            process = trainer;
            kills = isAbandoned;
            asks = isStopped;
        }
        if (trainer == null) {
            Files.deleteIfExists(folder.process());
            return;
        }
        Files.writeString(
                folder.process(), trainer.handle().pid() + " " + startOf(trainer.handle()));
        if (kills) {
            trainer.kill(new TrainerProcess.End("Closed", "nobody wants it any more"));
        } else if (asks) {
            askToStop(trainer, patience);
        }
    }

    /** All of a live stream up to here has been learned, and is in the checkpoint. */
    void tookUpTo(String position) {
        report(Map.of("event", "run.position", "position", position));
    }

    /** Where a live stream is to be gone on with. */
    String position() {
        return record.position();
    }

    static long startOf(ProcessHandle process) {
        return process.info().startInstant().map(java.time.Instant::toEpochMilli).orElse(0L);
    }

    /** Enters a phase; the last one is not left any more. */
    void enter(Phase phase, String reason, String message) {
        if (isEnded()) {
            log.warn("{} has ended and does not become {}: {}", plan().run(), phase, message);
            return;
        }
        report(state(phase, reason, message));
    }

    private static Map<String, Object> state(Phase phase, String reason, String message) {
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("event", "run.state");
        event.put("phase", phase.name());
        event.put("reason", reason);
        event.put("message", message);
        return event;
    }

    /**
     * Called before anything of a trainer is heard.
     *
     * @throws MillraceException {@code TOO_LARGE} when it has said too much
     */
    void refuseMoreThanIsKept() {
        if (journal.bytes() > LARGEST_JOURNAL) {
            throw new MillraceException(
                    ErrorCode.TOO_LARGE,
                    "its trainers reported more than %d MiB".formatted(LARGEST_JOURNAL >> 20));
        }
    }

    /** Something the server says itself. */
    void report(Map<String, Object> event) {
        String line = JsonMap.write(event);
        reported(JsonMap.parse(line), line);
    }

    /** Something the trainer says. */
    void reported(JsonMap event, String line) {
        long now = time.epochMillis();
        boolean isKept = RunRecord.isKept(event);
        if (isKept) {
            try {
                journal.add(line, now);
            } catch (IOException e) {
                // A full disk must not end a training that can still be finished.
                log.error("{} of {} cannot be kept", event.text("event"), plan().run(), e);
            }
        }
        record.apply(event, now);
        boolean isPhase = event.text("event").equals("run.state");
        if (isPhase || isNewsDue(now)) {
            tellChanged();
        }
    }

    private synchronized boolean isNewsDue(long now) {
        if (now - saidAt < MILLIS_BETWEEN_NEWS) {
            return false;
        }
        saidAt = now;
        return true;
    }

    private void tellChanged() {
        try {
            changed.run();
        } catch (RuntimeException e) {
            log.error("Who waits for news of {} failed", plan().run(), e);
        }
    }

    void close() {
        try {
            journal.close();
        } catch (IOException e) {
            log.warn("The journal of {} could not be closed", plan().run(), e);
        }
    }
}
