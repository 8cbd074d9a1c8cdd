package io.millrace.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.DatasetSpec;
import io.millrace.api.Kind;
import io.millrace.codec.ResourceWriter;
import io.millrace.codec.json.JsonMap;
import io.millrace.spi.RunEvent;
import io.millrace.spi.TrainingState.Phase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RunRecordTest {

    @TempDir Path folder;

    private final RunRecord record = new RunRecord(Plans.of("r", "").plan());

    private static JsonMap event(String json) {
        return JsonMap.parse(json.replace('\'', '"'));
    }

    private void apply(String json, long at) {
        record.apply(event(json), at);
    }

    private void begin() {
        apply("{'event':'run.state','phase':'PREPARING','reason':'Samples','message':'m'}", 1000);
        apply("{'event':'run.attempt'}", 2000);
        apply("{'event':'phase','phase':'training','epochs':5,'before':0}", 3000);
    }

    private void epoch(int number, double loss, long at) {
        apply(
                "{'event':'epoch','epoch':%d,'metrics':{'loss':%s},'millis':5}"
                        .formatted(number, loss),
                at);
    }

    @Test
    void addsUpToTheStateAndTheReport() {
        begin();
        epoch(1, 0.5, 4000);
        apply("{'event':'batch','epoch':2,'batch':3,'batches':9,'metrics':{'loss':'NaN'}}", 4500);
        var state = record.state();
        assertThat(state.phase()).isEqualTo(Phase.TRAINING);
        assertThat(state.epoch()).isEqualTo(2);
        assertThat(state.epochs()).isEqualTo(5);
        assertThat(state.elapsed()).isEqualTo(Duration.ofMillis(2500));
        assertThat(state.metrics()).containsEntry("loss", 0.5);
        apply("{'event':'test','metrics':{'loss':0.25}}", 5000);
        apply("{'event':'run.state','phase':'FINISHED','reason':'F','message':'m'}", 6000);
        var report = record.report();
        assertThat(report.state().metrics()).containsEntry("test_loss", 0.25);
        assertThat(report.state().elapsed()).isEqualTo(Duration.ofSeconds(4));
        assertThat(report.ended().orElseThrow().toEpochMilli()).isEqualTo(6000);
        assertThat(report.started().orElseThrow().toEpochMilli()).isEqualTo(1000);
    }

    @Test
    void reportsWhatSamplesWereFoundToBeLike() {
        var declared = record.plan().dataset();
        assertThat(record.report().decode()).isEqualTo(declared.decode());
        var found =
                new DatasetSpec(
                        declared.ranges(),
                        declared.unlabelled(),
                        declared.label().decode(),
                        declared.label(),
                        declared.split(),
                        declared.description());
        record.apply(
                JsonMap.parse(
                        JsonMap.write(
                                Map.of(
                                        "event",
                                        "run.dataset",
                                        "spec",
                                        ResourceWriter.specJson(Kind.DATASET, found)))),
                100);
        assertThat(record.report().decode()).isEqualTo(found.decode());
        assertThat(record.report().label()).isEqualTo(found.label());
    }

    @Test
    void whatANewTrainerRepeatsCountsOnce() {
        begin();
        epoch(1, 0.5, 4000);
        epoch(2, 0.4, 5000);
        apply("{'event':'run.attempt-ended'}", 5500);
        apply("{'event':'run.attempt'}", 9000);
        apply("{'event':'resumed','epoch':1}", 9100);
        epoch(2, 0.3, 9500);
        assertThat(record.report().epochs()).extracting(RunEvent::epoch).containsExactly(1, 2);
        assertThat(record.report().epochs().getLast().metrics()).containsEntry("loss", 0.3);
        assertThat(record.state().elapsed()).isEqualTo(Duration.ofSeconds(4));
    }

    @Test
    void itsJournalGivesItBackAfterACrashInTheMiddleOfALine() throws Exception {
        Path file = folder.resolve("events.jsonl");
        try (var journal = new RunJournal(file)) {
            journal.add("{\"event\":\"run.attempt\"}", 2000);
            journal.add("{\"event\":\"epoch\",\"epoch\":1,\"metrics\":{\"loss\":0.5}}", 4000);
        }
        Files.writeString(file, "{\"at\":5,\"event\":{\"ev", StandardOpenOption.APPEND);
        try (var journal = new RunJournal(file)) {
            journal.add("{\"event\":\"epoch\",\"epoch\":2,\"metrics\":{\"loss\":0.4}}", 7000);
            journal.replay(record::apply);
        }
        record.settle();
        assertThat(record.report().epochs()).extracting(RunEvent::epoch).containsExactly(1, 2);
        assertThat(record.state().elapsed()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void whoIsSlowMissesBatchesButNoEpoch() throws Exception {
        begin();
        var first = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        List<RunEvent> events = new CopyOnWriteArrayList<>();
        try (var follower =
                Follower.start(
                        record,
                        event -> {
                            events.add(event);
                            if (event.kind() == RunEvent.Kind.BATCH && first.getCount() > 0) {
                                first.countDown();
                                awaitQuietly(goOn);
                            }
                        })) {
            batch(1, 1);
            first.await();
            for (int i = 2; i < 100; i++) {
                batch(1, i);
            }
            epoch(1, 0.5, 4000);
            batch(2, 1);
            batch(2, 2);
            epoch(2, 0.4, 5000);
            goOn.countDown();
            apply("{'event':'run.state','phase':'STOPPED','reason':'S','message':'m'}", 6000);
            await().until(() -> events.getLast().text().equals("STOPPED"));
            assertThat(follower).isNotNull();
        }
        assertThat(events.stream().filter(e -> e.kind() == RunEvent.Kind.EPOCH))
                .extracting(RunEvent::epoch)
                .containsExactly(1, 2);
        assertThat(events.stream().filter(e -> e.kind() == RunEvent.Kind.BATCH))
                .hasSizeBetween(1, 3);
        // Behind an epoch no batch of it comes.
        int end = events.indexOf(record.report().epochs().getFirst());
        assertThat(events.subList(end, events.size()))
                .noneMatch(e -> e.kind() == RunEvent.Kind.BATCH && e.epoch() == 1);
    }

    private void batch(int epoch, int number) {
        apply("{'event':'batch','epoch':%d,'batch':%d}".formatted(epoch, number), 3500);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void whatATrainerSaysHasBounds() {
        begin();
        var metrics = new ArrayList<String>();
        for (int i = 0; i < 5000; i++) {
            metrics.add("'m%d':1".formatted(i));
            apply("{'event':'notice','text':'n%d %s'}".formatted(i, "x".repeat(5000)), 4000);
        }
        apply(
                "{'event':'epoch','epoch':1,'metrics':{%s}}".formatted(String.join(",", metrics)),
                5000);
        assertThat(record.report().notices()).hasSize(200).allMatch(n -> n.length() < 4100);
        assertThat(record.report().epochs().getFirst().metrics()).hasSize(200);
        for (int i = 0; i < RunRecord.MOST_EVENTS + 10; i++) {
            epoch(i, 1, 6000);
        }
        assertThat(record.report().epochs()).hasSize(RunRecord.MOST_EVENTS);
    }

    @Test
    void namesOfMetricsAndClassesHaveBounds() {
        begin();
        for (int i = 0; i < 1000; i++) {
            String name = "m" + i + "x".repeat(1000);
            apply("{'event':'epoch','epoch':1,'metrics':{'%s':1}}".formatted(name), 5000);
        }
        assertThat(record.state().metrics()).hasSize(200);
        assertThat(record.state().metrics().keySet()).allMatch(name -> name.length() <= 200);

        String label = "'" + "y".repeat(1000) + "'";
        apply("{'event':'confusion','counts':[[1]],'labels':[%s]}".formatted(label), 6000);
        assertThat(record.report().confusion()).containsExactly(List.of(1L));
        assertThat(record.report().labels()).allMatch(name -> name.length() == 200);
        String wide = "[" + "1,".repeat(1000) + "1]";
        apply("{'event':'confusion','counts':[%s],'labels':[]}".formatted(wide), 6000);
        assertThat(record.report().confusion()).containsExactly(List.of(1L));
        assertThat(record.report().notices())
                .contains("there is no confusion matrix: more than 1000 classes");

        String text = "z".repeat(100_000);
        apply(
                "{'event':'run.state','phase':'FAILED','reason':'%s','message':'%s'}"
                        .formatted(text, text),
                7000);
        assertThat(record.state().reason()).hasSize(200);
        assertThat(record.state().message()).hasSize(4000);
    }

    @Test
    void nothingLeadsOutOfItsEnd() {
        begin();
        apply("{'event':'run.state','phase':'FINISHED','reason':'F','message':'m'}", 6000);
        apply("{'event':'run.state','phase':'FAILED','reason':'Internal','message':'n'}", 7000);
        apply("{'event':'phase','phase':'finishing'}", 8000);
        assertThat(record.state().phase()).isEqualTo(Phase.FINISHED);
        assertThat(record.state().reason()).isEqualTo("F");
        assertThat(record.report().ended().orElseThrow().toEpochMilli()).isEqualTo(6000);
    }

    @Test
    void onlyPlainFilesOfTheTrainerAreTakenOver() throws Exception {
        RunFolder run = new RunFolder(folder);
        Path own = Files.createDirectories(run.trainer().resolve("model"));
        Path secret = Files.writeString(folder.resolve("plan.json"), "secret");
        Path link = Files.createSymbolicLink(own.resolve("link"), secret);
        Path gate = Files.createSymbolicLink(run.trainer().resolve("gate"), folder);
        Path good = Files.writeString(own.resolve("model.keras"), "model");
        assertThat(run.take(link, 1, "model.h5")).isFalse();
        assertThat(run.take(gate.resolve("plan.json"), 1, "model.h5")).isFalse();
        assertThat(run.take(own.resolve("../../plan.json"), 1, "model.h5")).isFalse();
        assertThat(run.take(own.resolve("gone"), 1, "model.h5")).isFalse();
        assertThat(run.take(good, 1, "model.keras")).isTrue();
        assertThat(run.model(1).resolve("model.keras")).hasContent("model");
        assertThat(run.model(1).resolve("model.h5")).doesNotExist();
        assertThat(secret).hasContent("secret");
    }

    @Test
    void keepsTheEndOfWhatIsPrinted() throws Exception {
        var log = new OutputLog(folder.resolve("output.log"));
        assertThat(log.tail()).isEmpty();
        byte[] much =
                "0123456789abcdef"
                        .repeat(100_000)
                        .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        log.drain(new java.io.ByteArrayInputStream(much));
        log.drain(
                new java.io.ByteArrayInputStream(
                        "the end".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        assertThat(log.tail()).hasSize(OutputLog.SHOWN).endsWith("abcdefthe end");
        try (var files = Files.list(folder)) {
            assertThat(files.mapToLong(file -> file.toFile().length()).sum()).isLessThan(2 << 20);
        }
    }
}
