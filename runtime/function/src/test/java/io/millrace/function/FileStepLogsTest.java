package io.millrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.DataSize;
import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.spi.StepLogs.Follower;
import io.millrace.spi.StepLogs.Line;
import io.millrace.testkit.RecordingMeters;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FileStepLogsTest {

    private static final ResourceKey ONE = key("one");
    private static final ResourceKey OTHER = key("other");

    @TempDir Path root;

    private final RecordingMeters meters = new RecordingMeters();

    private static ResourceKey key(String name) {
        return ResourceKey.of(Kind.PIPELINE, new ProjectId("lab"), name);
    }

    private static Line line(ResourceKey pipeline, int number) {
        return new Line(pipeline, "f", 1, 1_700_000_000_000L + number, "line\t" + number + " ü");
    }

    @Test
    void givesTheLastLinesAlsoAfterARestart() throws IOException {
        try (var logs = new FileStepLogs(root, meters)) {
            IntStream.range(0, 10).forEach(i -> logs.append(line(ONE, i)));
            logs.append(line(OTHER, 99));
            assertThat(logs.tail(ONE, 3)).containsExactly(line(ONE, 7), line(ONE, 8), line(ONE, 9));
        }
        Files.writeString(
                root.resolve("lab/one/0.log"),
                "2026-01-01T00:00:00Z\tf",
                StandardOpenOption.APPEND);
        try (var logs = new FileStepLogs(root, meters)) {
            assertThat(logs.tail(ONE, 100)).hasSize(10).endsWith(line(ONE, 9));
            logs.append(line(ONE, 10));
            assertThat(logs.tail(ONE, 2)).containsExactly(line(ONE, 9), line(ONE, 10));
            assertThat(logs.tail(key("unheard-of"), 5)).isEmpty();
        }
    }

    @Test
    void rotatesAndKeepsNoMoreThanItsBound() throws IOException {
        try (var logs = new FileStepLogs(root, 3, new DataSize(1000), meters)) {
            IntStream.range(0, 1000).forEach(i -> logs.append(line(ONE, i)));
            List<Line> kept = logs.tail(ONE, 1000);
            assertThat(kept).hasSizeBetween(40, 100);
            assertThat(kept.getLast()).isEqualTo(line(ONE, 999));
            assertThat(kept.getFirst()).isEqualTo(line(ONE, 1000 - kept.size()));
        }
        try (Stream<Path> files = Files.list(root.resolve("lab/one"))) {
            assertThat(files).hasSize(3).allMatch(file -> file.toFile().length() <= 1000);
        }
    }

    @Test
    void makesOneLineOfWhateverAFunctionPrints() throws IOException {
        try (var logs = new FileStepLogs(root, meters)) {
            logs.append(new Line(ONE, "f", 0, 0, "10 %\r20 %\nforged"));
            assertThat(logs.tail(ONE, 5))
                    .containsExactly(new Line(ONE, "f", 0, 0, "10 % 20 % forged"));
        }
        assertThat(Files.readString(root.resolve("lab/one/0.log"), StandardCharsets.UTF_8))
                .isEqualTo("1970-01-01T00:00:00Z\tf\t0\t10 % 20 % forged\n");
    }

    @Test
    void followsWithoutGapOrRepetition() {
        try (var logs = new FileStepLogs(root, 2, new DataSize(100_000), meters)) {
            var heard = new Heard();
            IntStream.range(0, 500).forEach(i -> logs.append(line(ONE, i)));
            try (var subscription = logs.follow(ONE, 5, heard)) {
                IntStream.range(500, 1000).forEach(i -> logs.append(line(ONE, i)));
                logs.append(line(OTHER, 7));
                await().atMost(30, TimeUnit.SECONDS)
                        .untilAsserted(() -> assertThat(heard.lines).hasSize(505));
                assertThat(subscription).isNotNull();
            }
            logs.append(line(ONE, 1000));
            assertThat(heard.lines)
                    .containsExactlyElementsOf(
                            IntStream.range(495, 1000).mapToObj(i -> line(ONE, i)).toList());
        }
    }

    @Test
    void tellsASlowFollowerHowManyLinesItLostAndNeverWaitsForIt() {
        try (var logs = new FileStepLogs(root, meters)) {
            var gate = new CountDownLatch(1);
            var heard = new Heard(gate);
            try (var subscription = logs.follow(ONE, 0, heard)) {
                IntStream.range(0, 10_000).forEach(i -> logs.append(line(ONE, i)));
                gate.countDown();
                await().atMost(30, TimeUnit.SECONDS)
                        .untilAsserted(() ->
                                assertThat(heard.lines.size() + heard.lost.get())
                                        .isEqualTo(10_000));
                assertThat(heard.lost.get()).isPositive();
                assertThat(meters.total("millrace_log_lines_lost_by_followers_total"))
                        .isEqualTo(heard.lost.get());
                assertThat(subscription).isNotNull();
            }
        }
    }

    @Test
    void removesWhatWasKeptAndStartsAgain() {
        try (var logs = new FileStepLogs(root, meters)) {
            logs.append(line(ONE, 1));
            logs.remove(ONE);
            assertThat(logs.tail(ONE, 5)).isEmpty();
            assertThat(root.resolve("lab/one")).doesNotExist();
            logs.open(ONE);
            logs.append(line(ONE, 2));
            logs.open(ONE);
            assertThat(logs.tail(ONE, 5)).containsExactly(line(ONE, 2));
        }
    }

    @Test
    void keepsNothingOfFunctionsThatAreStillEndingAfterTheirPipelineWasRemoved() {
        try (var logs = new FileStepLogs(root, meters)) {
            logs.append(line(ONE, 1));
            logs.append(line(OTHER, 1));
            logs.remove(ONE);
            logs.append(line(ONE, 2));
            logs.append(line(OTHER, 2));
            assertThat(logs.tail(ONE, 5)).isEmpty();
            assertThat(root.resolve("lab/one")).doesNotExist();
            assertThat(logs.tail(OTHER, 5)).containsExactly(line(OTHER, 1), line(OTHER, 2));
        }
    }

    @Test
    void countsLinesThatCannotBeKeptAndStillDeliversThem() throws IOException {
        Files.writeString(root.resolve("lab"), "in the way");
        try (var logs = new FileStepLogs(root, meters)) {
            var heard = new Heard();
            try (var subscription = logs.follow(ONE, 0, heard)) {
                logs.append(line(ONE, 1));
                await().atMost(30, TimeUnit.SECONDS)
                        .untilAsserted(() -> assertThat(heard.lines).hasSize(1));
                assertThat(subscription).isNotNull();
            }
            assertThat(meters.total("millrace_log_lines_not_kept_total")).isEqualTo(1);
        }
    }

    private static final class Heard implements Follower {
        final List<Line> lines = new CopyOnWriteArrayList<>();
        final AtomicLong lost = new AtomicLong();
        private final CountDownLatch gate;

        Heard() {
            this(new CountDownLatch(0));
        }

        Heard(CountDownLatch gate) {
            this.gate = gate;
        }

        @Override
        public void line(Line line) {
            try {
                gate.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            lines.add(line);
        }

        @Override
        public void lost(long count) {
            lost.addAndGet(count);
        }
    }
}
