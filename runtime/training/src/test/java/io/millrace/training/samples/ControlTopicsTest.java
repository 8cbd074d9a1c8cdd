package io.millrace.training.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import io.millrace.spi.DataAnnouncements.Announcement;
import io.millrace.spi.DataAnnouncements.Listener;
import io.millrace.spi.LogPartition;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.RecordingMeters;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ControlTopicsTest {

    private static final String CONFIG =
            "\"input_config\":{\"data_type\":\"uint8\",\"label_type\":\"uint8\",\"data_reshape\":\"2\"}";

    private final InMemoryStreamLog log = InMemoryStreamLog.immediate(TimeSource.system(), 1);
    private final RecordingMeters meters = new RecordingMeters();
    private final CopyOnWriteArrayList<ProjectId> projects =
            new CopyOnWriteArrayList<>(List.of(ProjectId.DEFAULT));
    private final CopyOnWriteArrayList<Announcement> heard = new CopyOnWriteArrayList<>();
    private ControlTopics topics = make();

    private ControlTopics make() {
        return new ControlTopics(
                log, () -> projects, "millrace-control", meters, TimeSource.system());
    }

    @AfterEach
    void close() {
        topics.close();
    }

    private static void eventually(ThrowingRunnable check) {
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(check);
    }

    private void send(String topic, int number, String json) {
        Given.send(
                log,
                topic,
                new byte[] {(byte) number},
                json.getBytes(StandardCharsets.UTF_8),
                List.of(),
                5_000);
    }

    private static String message(String topic) {
        return "{\"topic\":\"" + topic + "\"," + CONFIG + "}";
    }

    private long committed(String topic) {
        return log.committed("millrace-control").getOrDefault(new LogPartition(topic, 0), 0L);
    }

    @Test
    void hearsBothGenerationsAndWhatCameBefore() {
        log.ensureTopics(ControlTopics.topics(ProjectId.DEFAULT));
        send("control", 1, message("a:0:0:7"));
        topics.listen(heard::add);
        eventually(() -> assertThat(heard).hasSize(1));
        send("KAFKA_ML_CONTROL_TOPIC", 200, message("b:0:0:7"));
        eventually(() -> assertThat(heard).hasSize(2));
        Announcement second = heard.get(1);
        assertThat(second.number()).isEqualTo(200);
        assertThat(second.project()).isEqualTo(ProjectId.DEFAULT);
        assertThat(second.position()).hasToString("KAFKA_ML_CONTROL_TOPIC/0/0");
        assertThat(second.time()).hasToString("1970-01-01T00:00:05Z");
        assertThat(second.dataset().ranges()).hasToString("[b:0:0:7]");
        eventually(() -> assertThat(committed("KAFKA_ML_CONTROL_TOPIC")).isEqualTo(1));
    }

    @Test
    void newProjectsAreHeardOnTopicsOfTheirOwn() {
        topics.listen(heard::add);
        projects.add(new ProjectId("shop"));
        log.ensureTopics(List.of("shop.control"));
        send("shop.control", 1, message("a:0:0:7"));
        eventually(() -> assertThat(heard).hasSize(1));
        assertThat(heard.getFirst().project()).isEqualTo(new ProjectId("shop"));
    }

    @Test
    void whatAnnouncesNothingIsCountedAndStopsNothing() {
        log.ensureTopics(ControlTopics.topics(ProjectId.DEFAULT));
        send("control", 1, "no json");
        Given.send(log, "control", null, message("a").getBytes(StandardCharsets.UTF_8));
        Given.send(log, "control", new byte[9], message("a").getBytes(StandardCharsets.UTF_8));
        send("control", 1, "{\"topic\":\"a\",\"input_format\":\"XML\",\"input_config\":{}}");
        send("control", 7, message("a:0:0:1"));
        topics.listen(heard::add);
        eventually(() -> assertThat(heard).hasSize(1));
        assertThat(heard.getFirst().number()).isEqualTo(7);
        eventually(() -> assertThat(committed("control")).isEqualTo(5));
        assertThat(meters.total("millrace_training_announcements_total")).isEqualTo(5);
    }

    @Test
    void topicsOfOthersAreNotRead() {
        projects.add(new ProjectId("shop"));
        log.ensureTopics(ControlTopics.topics(ProjectId.DEFAULT));
        log.ensureTopics(List.of("shop.control"));
        send("control", 1, message("shop.source.camera.images:0:0:7"));
        send("control", 2, message("__consumer_offsets"));
        send("control", 3, message("default.source.camera.images:0:0:7"));
        send("shop.control", 4, message("shop.source.camera.images:0:0:7"));
        topics.listen(heard::add);
        eventually(() -> assertThat(committed("control")).isEqualTo(3));
        eventually(() -> assertThat(heard).hasSize(2));
        assertThat(heard).extracting(Announcement::number).containsExactlyInAnyOrder(3L, 4L);
    }

    @Test
    void aListenerThatIsNotReadyGetsItAgain() {
        log.ensureTopics(ControlTopics.topics(ProjectId.DEFAULT));
        send("control", 1, message("a:0:0:1"));
        send("control", 2, message("a:0:0:1"));
        var calls = new AtomicInteger();
        Listener listener =
                announcement -> {
                    if (calls.incrementAndGet() == 1) {
                        throw new MillraceException(ErrorCode.UNAVAILABLE, "not yet");
                    }
                    if (announcement.number() == 1 && calls.get() == 2) {
                        heard.add(announcement);
                        return;
                    }
                    throw new IllegalStateException("a defect of the listener");
                };
        topics.listen(listener);
        eventually(() -> assertThat(committed("control")).isEqualTo(2));
        assertThat(heard).hasSize(1);
        assertThat(calls).hasValue(5);
        assertThat(meters.total("millrace_training_announcements_total")).isEqualTo(2);
    }

    @Test
    void aFaultThatPassesLosesNoAnnouncement() {
        log.ensureTopics(ControlTopics.topics(ProjectId.DEFAULT));
        for (int number = 1; number <= 4; number++) {
            send("control", number, message("a:0:0:1"));
        }
        var calls = new AtomicInteger();
        Listener listener =
                announcement -> {
                    if (calls.incrementAndGet() % 2 == 0) {
                        heard.add(announcement);
                        return;
                    }
                    throw switch ((int) announcement.number()) {
                        case 1 -> new MillraceException(ErrorCode.OVERLOADED, "later");
                        case 2 -> new MillraceException(ErrorCode.INTERNAL, "the disk was full");
                        case 3 -> new MillraceException(ErrorCode.CONFLICT, "another was faster");
                        default -> new IllegalStateException("a passing defect");
                    };
                };
        topics.listen(listener);
        eventually(() -> assertThat(committed("control")).isEqualTo(4));
        assertThat(heard).extracting(Announcement::number).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void whatIsRefusedForGoodIsNotTriedAgain() {
        log.ensureTopics(ControlTopics.topics(ProjectId.DEFAULT));
        send("control", 1, message("a:0:0:1"));
        var calls = new AtomicInteger();
        topics.listen(_ -> {
            calls.incrementAndGet();
            throw MillraceException.invalid("never");
        });
        eventually(() -> assertThat(committed("control")).isEqualTo(1));
        assertThat(calls).hasValue(1);
    }

    @Test
    void whatWasNotTakenComesAgainAfterARestart() {
        log.ensureTopics(ControlTopics.topics(ProjectId.DEFAULT));
        send("control", 1, message("a:0:0:1"));
        var calls = new AtomicInteger();
        topics.listen(_ -> {
            calls.incrementAndGet();
            throw new MillraceException(ErrorCode.UNAVAILABLE, "not yet");
        });
        eventually(() -> assertThat(calls.get()).isPositive());
        topics.close();
        assertThat(committed("control")).isZero();
        topics = make();
        topics.listen(heard::add);
        eventually(() -> assertThat(heard).hasSize(1));
    }

    @Test
    void aLiveStreamBeginsWhereItsTopicStood() {
        log.ensureTopics(List.of("stream1"));
        log.ensureTopics(ControlTopics.topics(ProjectId.DEFAULT));
        for (long millis : new long[] {1_000, 3_900, 4_500, 6_000}) {
            Given.send(log, "stream1", new byte[] {1}, new byte[2], List.of(), millis);
        }
        send("control", 1, "{\"topic\":\"stream1\",\"incremental\":true," + CONFIG + "}");
        send("control", 2, "{\"topic\":\"later\",\"incremental\":true," + CONFIG + "}");
        send("control", 3, message("stream1"));
        topics.listen(heard::add);
        eventually(() -> assertThat(heard).hasSize(3));
        assertThat(heard.get(0).isLive()).isTrue();
        assertThat(heard.get(0).dataset().ranges()).hasToString("[stream1:0:2]");
        assertThat(heard.get(1).dataset().ranges()).hasToString("[later]");
        assertThat(heard.get(2).dataset().ranges()).hasToString("[stream1]");
    }
}
