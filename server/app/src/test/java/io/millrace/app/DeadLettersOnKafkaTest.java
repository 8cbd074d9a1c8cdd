package io.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.embedded.kafka.EmbeddedKafka;
import io.millrace.embedded.kafka.EmbeddedKafkaConfig;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import io.millrace.spi.DeadLetter;
import io.millrace.spi.DeadLetterBox.Counts;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LetterFilter;
import io.millrace.spi.LetterJob;
import io.millrace.spi.LetterPosition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogTopic;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import io.millrace.stream.dead.DeadLetterDesk;
import io.millrace.testkit.RecordingMeters;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The work on dead letters with the real broker below it. {@code -Dmillrace.letters=100000} is the
 * long form.
 */
@Timeout(300)
class DeadLettersOnKafkaTest {

    private static final int MANY = Integer.getInteger("millrace.letters", 2_000);
    private static final TimeSource TIME = TimeSource.system();

    @TempDir static Path directory;
    private static EmbeddedKafka kafka;

    @BeforeAll
    static void startTheBroker() {
        kafka =
                new EmbeddedKafka(
                        EmbeddedKafkaConfig.of(directory, 0),
                        fault -> {
                            throw fault;
                        });
        kafka.start();
    }

    @AfterAll
    static void stopTheBroker() {
        kafka.close();
    }

    private static StreamLog openLog() {
        return KafkaStreamLog.open(KafkaLogConfig.of(kafka.bootstrapServers()), TIME);
    }

    private static ResourceKey pipeline(String name) {
        return ResourceKey.of(Kind.PIPELINE, new ProjectId("shop"), new ResourceName(name));
    }

    @Test
    void looksAtLettersAndSettlesThem() throws Exception {
        ResourceKey pipeline = pipeline("some");
        try (StreamLog log = openLog();
                var desk =
                        new DeadLetterDesk(log, TIME, IdSource.random(), new RecordingMeters())) {
            assertThat(desk.counts(pipeline)).isEqualTo(new Counts(0, 0, 0));
            append(log, pipeline, 30);
            List<DeadLetter> letters = list(desk, pipeline);
            assertThat(letters).hasSize(30);
            DeadLetter one = letters.get(11);
            DeadLetter shown = desk.find(pipeline, one.place()).orElseThrow();
            assertThat(shown.payload()).isEqualTo(one.payload());
            assertThat(shown.readAt()).isEqualTo("shop.source.s.f/0/7");
            awaitEnd(
                    desk,
                    pipeline,
                    desk.start(
                            pipeline,
                            LetterJob.Action.DROP,
                            LetterFilter.at(Set.of(one.place(), letters.get(3).place()))));
            assertThat(desk.counts(pipeline)).isEqualTo(new Counts(28, 0, 2));
            assertThat(list(desk, pipeline)).hasSize(28);
        }
    }

    @Test
    void aRedriveThatWasStoppedInItsMiddleIsFinishedByTheNextProcess() throws Exception {
        ResourceKey pipeline = pipeline("many");
        LetterJob job;
        try (StreamLog log = openLog()) {
            append(log, pipeline, MANY);
            var desk = new DeadLetterDesk(log, TIME, IdSource.random(), new RecordingMeters());
            job = desk.start(pipeline, LetterJob.Action.REDRIVE, LetterFilter.ALL);
            // However far it is: it stops after its batch.
            desk.close();
        }
        try (StreamLog log = openLog();
                var desk =
                        new DeadLetterDesk(log, TIME, IdSource.random(), new RecordingMeters())) {
            desk.resume(pipeline);
            assertThat(awaitEnd(desk, pipeline, job).settled()).isEqualTo(MANY);
            assertThat(desk.counts(pipeline)).isEqualTo(new Counts(0, MANY, 0));
            List<String> retried =
                    read(log, LogTopic.ofRetries(pipeline.project(), pipeline.name()));
            assertThat(retried).hasSize(MANY);
            assertThat(new TreeSet<>(retried)).hasSize(MANY);
        }
    }

    private static List<DeadLetter> list(DeadLetterDesk desk, ResourceKey pipeline) {
        return desk.list(
                        pipeline,
                        LetterFilter.ALL,
                        Set.of(DeadLetter.Fate.OPEN),
                        LetterPosition.START,
                        1_000)
                .letters();
    }

    private static LetterJob awaitEnd(DeadLetterDesk desk, ResourceKey pipeline, LetterJob job) {
        await().atMost(Duration.ofMinutes(2)).until(() -> find(desk, pipeline, job).hasEnded());
        return find(desk, pipeline, job);
    }

    private static LetterJob find(DeadLetterDesk desk, ResourceKey pipeline, LetterJob job) {
        return desk.jobs(pipeline).stream()
                .filter(each -> each.id().equals(job.id()))
                .findFirst()
                .orElseThrow();
    }

    private static void append(StreamLog log, ResourceKey pipeline, int count) throws Exception {
        String topic = LogTopic.ofDeadLetters(pipeline.project(), pipeline.name());
        log.ensureTopics(List.of(topic));
        var appended = new CountDownLatch(count);
        for (int i = 0; i < count; i++) {
            byte[] text = Integer.toString(i).getBytes(StandardCharsets.UTF_8);
            log.append(
                    new OutgoingRecord(
                            topic,
                            text,
                            text,
                            List.of(
                                    Header.of(HeaderNames.DEAD_CODE, "USER_CODE"),
                                    Header.of(HeaderNames.DEAD_STAGE, "step 1 function/f"),
                                    Header.of(HeaderNames.DEAD_REASON, "no"),
                                    Header.of(HeaderNames.DEAD_POSITION, "shop.source.s.f/0/7")),
                            TIME.epochMillis()),
                    failure -> {
                        if (failure == null) {
                            appended.countDown();
                        }
                    });
        }
        assertThat(appended.await(60, TimeUnit.SECONDS)).isTrue();
    }

    private static List<String> read(StreamLog log, String topic) {
        var found = new ArrayList<String>();
        try (LogReader reader = log.reader(1_000)) {
            reader.seek(reader.ranges(List.of(topic)));
            while (!reader.isAtEnd()) {
                reader.poll(Duration.ofMillis(100))
                        .forEach(record ->
                                found.add(new String(record.value(), StandardCharsets.UTF_8)));
            }
        }
        return found;
    }
}
