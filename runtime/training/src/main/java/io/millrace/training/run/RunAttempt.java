package io.millrace.training.run;

import io.millrace.api.MillraceException;
import io.millrace.codec.json.JsonMap;
import io.millrace.spi.TrainingResults.Format;
import io.millrace.spi.TrainingState.Phase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One trainer's work on a run: hears what it says and, at its end, what it comes to. */
final class RunAttempt implements TrainerProcess.Listener {

    private static final Logger log = LoggerFactory.getLogger(RunAttempt.class);

    private final Run run;
    private final @Nullable LiveFeed feed;
    private final Map<Format, Path> exported = new LinkedHashMap<>();
    private TrainerProcess.@Nullable End verdict;
    private boolean isDone;
    private boolean wasStopped;
    private boolean hasProgress;
    private String exit = "";

    RunAttempt(Run run, @Nullable LiveFeed feed) {
        this.run = run;
        this.feed = feed;
    }

    @Override
    public synchronized void reported(JsonMap event, String line) {
        run.refuseMoreThanIsKept();
        switch (event.text("event")) {
            case "phase" -> {
                run.reported(event, line);
                if (event.text("phase").equals("training") && feed != null) {
                    feed.want();
                }
            }
            case "resumed" -> {
                run.reported(event, line);
                if (feed != null) {
                    run.tookUpTo(event.text("position"));
                }
            }
            case "confined" -> {
                run.reported(event, line);
                if (!event.textList("missing").isEmpty()) {
                    log.warn(
                            "The trainer of {} is not locked in by {}",
                            run.plan().run(),
                            event.textList("missing"));
                }
            }
            case "taken" -> {
                run.tookUpTo(event.text("position"));
                if (feed != null) {
                    feed.want();
                }
            }
            case "checkpoint" -> hasProgress = true;
            case "exported" ->
                    Format.find(event.text("format"))
                            .ifPresent(format -> exported.put(format, Path.of(event.text("file"))));
            case "improved" -> keepModel(true, event.text("text"));
            case "failed" ->
                    verdict = new TrainerProcess.End(event.text("reason"), event.text("text"));
            case "done" -> {
                isDone = true;
                wasStopped = event.flag("stopped");
            }
            default -> run.reported(event, line);
        }
    }

    void await(TrainerProcess process) throws IOException, InterruptedException {
        Thread feeding = feed == null ? null : Thread.ofVirtual().start(() -> feed(feed, process));
        try {
            TrainerProcess.End killed = process.await();
            synchronized (this) {
                exit = process.exit();
                if (killed != null) {
                    verdict = killed;
                }
            }
        } finally {
            if (feeding != null) {
                feeding.interrupt();
            }
        }
    }

    private void feed(LiveFeed live, TrainerProcess process) {
        try {
            live.run(process);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (MillraceException e) {
            String reason = e.code().isTransient() ? "Unavailable" : "InvalidSamples";
            process.kill(new TrainerProcess.End(reason, e.text()));
        } catch (IOException | RuntimeException e) {
            log.error("The samples of {} cannot be fed", run.plan().run(), e);
            process.kill(new TrainerProcess.End("Internal", "samples cannot be fed: " + e));
        }
    }

    /**
     * Ends the run when it is over.
     *
     * @return false when another trainer shall go on
     */
    synchronized boolean conclude() {
        TrainerProcess.End end = verdict;
        if (end != null) {
            run.enter(Phase.FAILED, end.reason(), end.text());
            return true;
        }
        if (!isDone) {
            return false;
        }
        if (!exported.isEmpty()) {
            keepModel(false, "");
        }
        if (run.record().modelVersion() == 0) {
            run.enter(Phase.FAILED, "NotWritten", notWritten());
        } else if (wasStopped) {
            run.enter(Phase.STOPPED, "Stopped", "it was stopped; what it had learned is kept");
        } else {
            run.enter(Phase.FINISHED, "Finished", "the model is there");
        }
        return true;
    }

    private String notWritten() {
        String notices = String.join("; ", run.record().notices());
        return "no model could be written" + (notices.isEmpty() ? "" : ": " + notices);
    }

    synchronized boolean hasProgress() {
        return hasProgress;
    }

    synchronized String exit() {
        return exit;
    }

    /** Takes the files over; from then on the trainer cannot change them. */
    private void keepModel(boolean isImprovement, String why) {
        long version = run.record().modelVersion() + 1;
        List<String> formats = new ArrayList<>();
        try {
            for (Map.Entry<Format, Path> file : exported.entrySet()) {
                if (run.folder().take(file.getValue(), version, file.getKey().file())) {
                    formats.add(file.getKey().label());
                }
            }
            if (formats.isEmpty()) {
                return; // what was there before stays the newest
            }
            run.report(
                    Map.of(
                            "event", "run.model",
                            "version", version,
                            "formats", formats,
                            "improved", isImprovement,
                            "text", why));
            run.folder().forgetModelsBefore(version - 1);
        } catch (IOException e) {
            throw MillraceException.internal("the model of a run cannot be kept: " + e, e);
        } finally {
            exported.clear();
        }
    }
}
