package io.millrace.training.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DatasetSpec;
import io.millrace.api.SplitSpec;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.TestingTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SampleStreamTest {

    private static final Duration NOW = Duration.ZERO;

    @TempDir private Path folder;
    private final TestingTime time = new TestingTime();
    private final InMemoryStreamLog log = InMemoryStreamLog.immediate(time, 1);
    private final RecordingMeters meters = new RecordingMeters();

    private SampleStream follow(String ranges, String position) {
        return SampleStream.follow(
                log, Given.bytes(ranges, SplitSpec.NONE), folder, time, meters, 3, position);
    }

    @Test
    void handsOverWhatComesPieceByPiece() throws Exception {
        log.ensureTopics(List.of("live"));
        for (int i = 0; i < 5; i++) {
            Given.send(log, "live", 1, i, i);
        }
        try (SampleStream stream = follow("live:0:1", "")) {
            SampleChunk first = stream.next(NOW).orElseThrow();
            assertThat(first.samples()).isEqualTo(3);
            assertThat(first.position()).isEqualTo("live/0/4");
            Npy x = Npy.read(first.folder().resolve("x.npy"));
            assertThat(x.header().shape()).isEqualTo(Shape.of(3, 2));
            assertThat(x.values().get(0)).isEqualTo((byte) 1);
            SampleChunk second = stream.next(NOW).orElseThrow();
            assertThat(second.samples()).isEqualTo(1);
            assertThat(first.folder()).doesNotExist();
            assertThat(stream.next(NOW)).isEmpty();
            time.advance(Duration.ofSeconds(9));
            assertThat(stream.idle()).isEqualTo(Duration.ofSeconds(9));
            Given.send(log, "live", 1, 6, 6);
            assertThat(stream.next(NOW).orElseThrow().position()).isEqualTo("live/0/6");
            assertThat(stream.idle()).isEqualTo(Duration.ZERO);
            assertThat(stream.isAtEnd()).isFalse();
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void goesOnWhereItWas() throws Exception {
        log.ensureTopics(List.of("live"));
        for (int i = 0; i < 4; i++) {
            Given.send(log, "live", 1, i, i);
        }
        try (SampleStream stream = follow("live", "live/0/3")) {
            assertThat(stream.next(NOW).orElseThrow().samples()).isEqualTo(1);
        }
    }

    @Test
    void waitsForATopicThatIsNotThereYet() throws Exception {
        try (SampleStream stream = follow("later", "")) {
            assertThat(stream.next(Duration.ofSeconds(2))).isEmpty();
            log.ensureTopics(List.of("later"));
            Given.send(log, "later", 1, 1, 1);
            assertThat(stream.next(NOW).orElseThrow().samples()).isEqualTo(1);
        }
    }

    @Test
    void aBadRecordEndsNothing() throws Exception {
        log.ensureTopics(List.of("live"));
        Given.send(log, "live", new byte[] {1}, new byte[7]);
        Given.send(log, "live", 1, 1, 1);
        Given.send(log, "live", null, new byte[2]);
        Given.send(log, "live", 2, 2, 2);
        try (SampleStream stream = follow("live", "")) {
            assertThat(stream.next(NOW).orElseThrow().samples()).isEqualTo(1);
            assertThat(stream.next(NOW).orElseThrow().samples()).isEqualTo(1);
            assertThat(stream.leftOut()).isEqualTo(2);
        }
        assertThat(meters.total("millrace_training_samples_left_out_total")).isEqualTo(2);
    }

    @Test
    void closedRangesEnd() throws Exception {
        log.ensureTopics(List.of("done"));
        Given.send(log, "done", 1, 1, 1);
        Given.send(log, "done", 1, 1, 1);
        try (SampleStream stream = follow("done:0:0:1", "")) {
            assertThat(stream.next(Duration.ofDays(1)).orElseThrow().samples()).isEqualTo(1);
            assertThat(stream.next(Duration.ofDays(1))).isEmpty();
            assertThat(stream.isAtEnd()).isTrue();
        }
    }

    @Test
    void labelsOfAStreamAreNumbers() {
        var spec =
                new DatasetSpec(
                        Given.ranges("live"),
                        List.of(),
                        Given.raw(DataType.UINT8, 2),
                        Given.key(DataType.BYTES),
                        SplitSpec.NONE,
                        "");
        assertThatThrownBy(() -> SampleStream.follow(log, spec, folder, time, meters, 3, ""))
                .hasMessageContaining("labels of a live stream: expected numbers, got text");
    }
}
