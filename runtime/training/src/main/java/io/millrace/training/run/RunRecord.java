package io.millrace.training.run;

import io.millrace.api.DatasetSpec;
import io.millrace.api.Kind;
import io.millrace.codec.ResourceReader;
import io.millrace.codec.json.JsonMap;
import io.millrace.spi.RunEvent;
import io.millrace.spi.RunReport;
import io.millrace.spi.TrainingPlan;
import io.millrace.spi.TrainingResults.Format;
import io.millrace.spi.TrainingState;
import io.millrace.spi.TrainingState.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of a run: what its events add up to. The same events, replayed after a restart,
 * give the same. Events whose names begin with {@code run.} are the server's own; all others come
 * from the trainer, are not trusted, and have bounds.
 *
 * <p>Any thread; those who follow wait on its monitor.
 */
final class RunRecord {

    /** Longer histories lose their oldest part: runs on live streams have no end. */
    static final int MOST_EVENTS = 20_000;

    private static final int MOST_METRICS = 200;
    private static final int MOST_CLASSES = 1000;
    private static final int LONGEST_TEXT = 4000;
    private static final int LONGEST_NAME = 200;

    private final TrainingPlan plan;
    private final List<RunEvent> history = new ArrayList<>();
    private final List<RunEvent> epochs = new ArrayList<>();
    private final Map<String, Double> metrics = new LinkedHashMap<>();
    private final Map<String, String> lineage = new LinkedHashMap<>();
    private final Map<String, Double> test = new LinkedHashMap<>();
    private final Set<String> names = new HashSet<>();
    private final Set<String> notices = new LinkedHashSet<>();
    private final Set<Format> formats = new LinkedHashSet<>();
    private List<List<Long>> confusion = List.of();
    private List<String> labels = List.of();
    private RunReport.Samples samples = new RunReport.Samples(0, 0, 0, 0);
    private DatasetSpec dataset;
    private Phase phase = Phase.QUEUED;
    private String reason = "Queued";
    private String message = "it waits for its turn";
    private int epoch;
    private int epochCount;
    private long dropped;
    private long batchBehind;
    private long batches;
    private @Nullable RunEvent batch;
    private long started = -1;
    private long ended = -1;
    private long attemptAt = -1;
    private long lastAt;
    private long elapsedBefore;
    private long modelVersion;
    private String position = "";

    RunRecord(TrainingPlan plan) {
        this.plan = plan;
        this.dataset = plan.dataset();
    }

    TrainingPlan plan() {
        return plan;
    }

    synchronized TrainingState state() {
        return new TrainingState(
                phase, reason, message, epoch, epochCount, metrics, elapsed(lastAt));
    }

    synchronized Duration elapsed(long now) {
        long current = attemptAt < 0 ? 0 : Math.max(0, now - attemptAt);
        return Duration.ofMillis(elapsedBefore + current);
    }

    /** The newest version of the model that is there; 0 when there is none. */
    synchronized long modelVersion() {
        return modelVersion;
    }

    /** Up to where a live stream was learned from; empty for its beginning. */
    synchronized String position() {
        return position;
    }

    synchronized List<String> notices() {
        return List.copyOf(notices);
    }

    synchronized RunReport report() {
        return new RunReport(
                state(),
                epochs,
                test,
                confusion,
                labels,
                samples,
                dataset.decode(),
                dataset.label(),
                lineage,
                List.copyOf(formats),
                List.copyOf(notices),
                instant(started),
                instant(ended));
    }

    private static Optional<Instant> instant(long epochMillis) {
        return epochMillis < 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(epochMillis));
    }

    /** Whether an event changes more than the progress within an epoch. */
    static boolean isKept(JsonMap event) {
        String name = event.text("event");
        return !name.equals("batch") && !name.equals("checkpoint");
    }

    synchronized void apply(JsonMap event, long at) {
        lastAt = Math.max(lastAt, at);
        switch (event.text("event")) {
            case "run.state" -> changeState(event, at);
            case "run.samples" -> takeSamples(event);
            case "run.dataset" ->
                    dataset =
                            (DatasetSpec)
                                    ResourceReader.readSpec(
                                            Kind.DATASET, "run.dataset", event.text("spec"));
            case "run.lineage" -> lineage.putAll(event.texts("values"));
            case "run.attempt" -> attemptAt = at;
            case "run.attempt-ended" -> endAttempt(at);
            case "run.position" -> position = event.text("position");
            case "run.model" -> takeModel(event);
            case "phase" -> trainerPhase(event);
            case "batch" -> takeBatch(event);
            case "epoch" -> takeEpoch(event);
            case "resumed" -> resume(event);
            case "test" -> takeTest(event);
            case "confusion" -> takeConfusion(event);
            case "notice" -> notice(event.text("text"));
            case "environment" -> takeEnvironment(event);
            case "confined" -> takeConfinement(event);
            default -> {} // checkpoints, files: of interest to who supervises the trainer only
        }
        notifyAll();
    }

    private void changeState(JsonMap event, long at) {
        Phase next = Phase.valueOf(event.text("phase"));
        if (phase.isEnd()) {
            return; // nothing leads out of it
        }
        boolean isNew = next != phase || history.isEmpty();
        phase = next;
        reason = shortened(event.text("reason"), LONGEST_NAME);
        message = bounded(event.text("message"));
        if (started < 0 && next == Phase.PREPARING) {
            started = at;
        }
        if (next.isEnd()) {
            ended = at;
            endAttempt(at);
        }
        if (isNew) {
            add(event(RunEvent.Kind.PHASE, epoch, Map.of(), 0, next.name()));
        }
    }

    /** A crash may have left one open: what is known of it ends with its last event. */
    private void endAttempt(long at) {
        if (attemptAt >= 0) {
            elapsedBefore += Math.max(0, at - attemptAt);
            attemptAt = -1;
        }
    }

    /** After a replay nothing runs. */
    synchronized void settle() {
        endAttempt(lastAt);
    }

    private void trainerPhase(JsonMap event) {
        if (phase.isEnd()) {
            return;
        }
        switch (event.text("phase")) {
            case "training" -> {
                epochCount = bounded(event.number("before") + event.number("epochs"));
                enter(Phase.TRAINING, "Training", "it is being trained");
            }
            case "finishing" ->
                    enter(Phase.FINISHING, "Finishing", "the model is judged and written");
            default -> message = "the model is being built";
        }
    }

    private void enter(Phase next, String why, String words) {
        boolean isNew = next != phase;
        phase = next;
        reason = why;
        message = words;
        if (isNew) {
            add(event(RunEvent.Kind.PHASE, epoch, Map.of(), 0, next.name()));
        }
    }

    private void takeSamples(JsonMap event) {
        samples =
                new RunReport.Samples(
                        event.number("train"),
                        event.number("validation"),
                        event.number("test"),
                        event.number("unlabelled"));
        lineage.putAll(event.texts("lineage"));
        event.textList("notices").forEach(this::notice);
    }

    private void takeBatch(JsonMap event) {
        epoch = bounded(event.number("epoch"));
        batch =
                new RunEvent(
                        RunEvent.Kind.BATCH,
                        epoch,
                        event.number("batch"),
                        event.number("batches"),
                        numbers(event),
                        0,
                        "");
        batchBehind = dropped + history.size();
        batches++;
    }

    private void takeEpoch(JsonMap event) {
        epoch = bounded(event.number("epoch"));
        Map<String, Double> found = known(numbers(event));
        metrics.putAll(found);
        RunEvent made =
                event(RunEvent.Kind.EPOCH, epoch, found, Math.max(0, event.number("millis")), "");
        epochs.add(made);
        if (epochs.size() > MOST_EVENTS) {
            epochs.removeFirst();
        }
        add(made);
    }

    private void resume(JsonMap event) {
        epoch = bounded(event.number("epoch"));
        epochs.removeIf(each -> each.epoch() > epoch);
        add(event(RunEvent.Kind.RESUMED, epoch, Map.of(), 0, ""));
    }

    private void takeTest(JsonMap event) {
        test.clear();
        test.putAll(known(numbers(event)));
        test.forEach((name, value) -> metrics.put("test_" + name, value));
        add(event(RunEvent.Kind.TEST, epoch, test, 0, ""));
    }

    private void takeConfusion(JsonMap event) {
        List<List<Long>> counts = event.rows("counts");
        List<String> names = event.textList("labels");
        boolean isTooLarge =
                counts.size() > MOST_CLASSES
                        || names.size() > MOST_CLASSES
                        || counts.stream().anyMatch(row -> row.size() > MOST_CLASSES);
        if (isTooLarge) {
            notice("there is no confusion matrix: more than " + MOST_CLASSES + " classes");
            return;
        }
        confusion = counts;
        labels = names.stream().map(name -> shortened(name, LONGEST_NAME)).toList();
    }

    private void takeModel(JsonMap event) {
        modelVersion = event.number("version");
        formats.clear();
        event.textList("formats").forEach(name -> Format.find(name).ifPresent(formats::add));
        if (event.flag("improved")) {
            add(event(RunEvent.Kind.IMPROVED, epoch, metrics, 0, bounded(event.text("text"))));
        }
    }

    private void takeEnvironment(JsonMap event) {
        lineage.put("machine", bounded(event.text("machine")));
        event.texts("packages")
                .forEach((name, version) -> {
                    if (lineage.size() < MOST_METRICS) {
                        lineage.put("package " + bounded(name), bounded(version));
                    }
                });
    }

    private void takeConfinement(JsonMap event) {
        lineage.put("confinement", bounded(String.join(", ", event.textList("applied"))));
        for (String missing : event.textList("missing")) {
            notice("the trainer is not locked in by " + bounded(missing));
        }
    }

    private void notice(String text) {
        String words = bounded(text);
        if (!words.isEmpty() && notices.size() < MOST_METRICS && notices.add(words)) {
            add(event(RunEvent.Kind.NOTICE, epoch, Map.of(), 0, words));
        }
    }

    private void add(RunEvent event) {
        history.add(event);
        if (history.size() > MOST_EVENTS) {
            history.removeFirst();
            dropped++;
        }
    }

    private static RunEvent event(
            RunEvent.Kind kind, int epoch, Map<String, Double> values, long millis, String text) {
        return new RunEvent(kind, epoch, 0, 0, values, millis, text);
    }

    private static Map<String, Double> numbers(JsonMap event) {
        Map<String, Double> found = new LinkedHashMap<>();
        event.numbers("metrics")
                .forEach((name, value) -> {
                    if (found.size() < MOST_METRICS) {
                        found.put(shortened(name, LONGEST_NAME), value);
                    }
                });
        return found;
    }

    /** Those whose names are among the first of the run; others are left out. */
    private Map<String, Double> known(Map<String, Double> found) {
        found.keySet().removeIf(name -> !isKnown(name));
        return found;
    }

    private boolean isKnown(String name) {
        return names.contains(name) || (names.size() < MOST_METRICS && names.add(name));
    }

    private static int bounded(long number) {
        return Math.clamp(number, 0, Integer.MAX_VALUE);
    }

    private static String bounded(String text) {
        return shortened(text, LONGEST_TEXT);
    }

    private static String shortened(String text, int longest) {
        return text.length() <= longest ? text : text.substring(0, longest - 1) + "…";
    }

    /** Where somebody who follows is. */
    static final class Cursor {
        private long next;
        private long batches;
    }

    /**
     * What comes behind a cursor; waits for it. Of batches only the newest is given, and none that
     * is older than what was given before.
     *
     * @return empty when nothing more will come
     */
    synchronized List<RunEvent> await(Cursor cursor) throws InterruptedException {
        while (true) {
            var news = new ArrayList<RunEvent>();
            long end = dropped + history.size();
            RunEvent newest = batch;
            boolean isBatchNews = batches != cursor.batches;
            for (long i = Math.max(cursor.next, dropped); i < end; i++) {
                if (isBatchNews && batchBehind == i && newest != null) {
                    news.add(newest);
                    isBatchNews = false;
                }
                news.add(history.get((int) (i - dropped)));
            }
            if (isBatchNews && batchBehind == end && newest != null) {
                news.add(newest);
            }
            cursor.batches = batches;
            cursor.next = end;
            if (!news.isEmpty() || phase.isEnd()) {
                return news;
            }
            wait();
        }
    }
}
