package io.millrace.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.DataSize;
import io.millrace.api.DatasetSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LiveFeedTest {

    @TempDir Path data;

    private final List<String> said = new CopyOnWriteArrayList<>();
    private final Deque<Supplier<Optional<LivePiece>>> stream = new ArrayDeque<>();
    private final List<DatasetSpec> found = new CopyOnWriteArrayList<>();
    private final DatasetSpec dataset = Plans.of("live", "").plan().dataset();
    private TrainerProcess echo;
    private LiveFeed feed;

    @BeforeEach
    void start() throws Exception {
        echo =
                new TrainerProcess(
                        new ProcessBuilder("cat").start(),
                        new OutputLog(data.resolve("output.log")),
                        (event, _) -> said.add(event.text("command") + event.text("position")),
                        DataSize.ofMebibytes(100),
                        Duration.ofMinutes(1),
                        new TrainerProcess.End("Timeout", "t"),
                        TimeSource.system());
        echo.start();
        feed =
                new LiveFeed(
                        this::open,
                        Optional.of(Duration.ofSeconds(1)),
                        data.resolve("piece"),
                        found::add);
        feed.want();
        feed.want();
    }

    @AfterEach
    void stop() {
        echo.kill(new TrainerProcess.End("Closed", "c"));
    }

    private SampleStore.LiveSamples open() {
        return new SampleStore.LiveSamples() {
            @Override
            public Optional<LivePiece> next(Duration patience) {
                return stream.remove().get();
            }

            @Override
            public Optional<DatasetSpec> dataset() {
                return Optional.of(dataset);
            }

            @Override
            public void close() {}
        };
    }

    private static Supplier<Optional<LivePiece>> failing(ErrorCode code) {
        return () -> {
            throw new MillraceException(code, "the log is away");
        };
    }

    @Test
    void waitsForAStreamThatIsAwayForAMoment() throws Exception {
        Path piece = Files.createDirectories(data.resolve("samples"));
        Files.writeString(piece.resolve("x.npy"), "x");
        Files.writeString(piece.resolve("y.npy"), "y");
        stream.add(failing(ErrorCode.UNAVAILABLE));
        stream.add(() -> Optional.of(new LivePiece(piece, 1, "7")));
        stream.add(failing(ErrorCode.TIMEOUT));
        stream.add(Optional::empty);
        feed.run(echo);
        await().untilAsserted(() -> assertThat(said).containsExactly("chunk7", "end"));
        assertThat(data.resolve("piece/x.npy")).hasContent("x");
        assertThat(found).containsExactly(dataset);
        assertThat(echo.isAlive()).isTrue();
    }

    @Test
    void doesNotWaitForSamplesThatAreWrong() {
        stream.add(failing(ErrorCode.INVALID));
        assertThatThrownBy(() -> feed.run(echo)).hasMessageContaining("the log is away");
    }
}
