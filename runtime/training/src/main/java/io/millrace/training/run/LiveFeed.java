package io.millrace.training.run;

import io.millrace.api.DatasetSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.codec.json.JsonMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives a trainer the pieces of a live stream, one whenever it asks for one. */
final class LiveFeed {

    private static final Logger log = LoggerFactory.getLogger(LiveFeed.class);
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration RETRY = Duration.ofMillis(500);
    private static final int MOST_DOUBLINGS = 6;

    /** For these it waits as long as it takes. */
    private static final Set<ErrorCode> AWAY =
            Set.of(ErrorCode.UNAVAILABLE, ErrorCode.OVERLOADED, ErrorCode.TIMEOUT);

    private static final List<String> FILES = List.of("x.npy", "y.npy");

    private final Supplier<SampleStore.LiveSamples> opener;
    private final Optional<Duration> idle;
    private final Path folder;
    private final Consumer<DatasetSpec> found;
    private final Semaphore wanted = new Semaphore(0);
    private int failures;

    /**
     * Opens nothing yet.
     *
     * @param opener opens the stream once the trainer has said where it goes on
     * @param idle the stream ends when nothing came for so long; empty for never
     * @param folder where the trainer may read and not write
     * @param found told what samples are like, before the first piece of each stream is given
     */
    LiveFeed(
            Supplier<SampleStore.LiveSamples> opener,
            Optional<Duration> idle,
            Path folder,
            Consumer<DatasetSpec> found) {
        this.opener = opener;
        this.idle = idle;
        this.folder = folder;
        this.found = found;
    }

    /** The trainer is ready for another. */
    void want() {
        wanted.release();
    }

    /** Feeds until the stream ends, or the trainer. */
    void run(TrainerProcess process) throws IOException, InterruptedException {
        wanted.acquire();
        while (process.isAlive()) {
            try (SampleStore.LiveSamples samples = opener.get()) {
                feed(samples, process);
                return;
            } catch (MillraceException e) {
                boolean isAway = AWAY.contains(e.code());
                if (!isAway && (!e.code().isTransient() || failures == MOST_DOUBLINGS)) {
                    throw e;
                }
                // All that was given has been taken: the stream goes on behind it.
                log.warn("A live stream is not there for the moment: {}", e.text());
                process.waitFor(RETRY.multipliedBy(1L << failures));
                failures = Math.min(failures + 1, MOST_DOUBLINGS);
            }
        }
    }

    private void feed(SampleStore.LiveSamples samples, TrainerProcess process)
            throws IOException, InterruptedException {
        boolean isFirst = true;
        do {
            Optional<LivePiece> chunk = next(samples, process);
            failures = 0;
            if (chunk.isEmpty()) {
                process.send("{\"command\":\"end\"}");
                return;
            }
            if (isFirst) {
                samples.dataset().ifPresent(found);
                isFirst = false;
            }
            copy(chunk.get().folder());
            process.send(
                    JsonMap.write(
                            Map.of(
                                    "command", "chunk",
                                    "folder", folder.toString(),
                                    "position", chunk.get().position())));
            wanted.acquire();
        } while (process.isAlive());
    }

    private Optional<LivePiece> next(SampleStore.LiveSamples samples, TrainerProcess process)
            throws InterruptedException {
        if (idle.isPresent()) {
            return samples.next(idle.get());
        }
        while (process.isAlive()) {
            Optional<LivePiece> chunk = samples.next(LOOK);
            if (chunk.isPresent()) {
                return chunk;
            }
        }
        return Optional.empty();
    }

    /** The trainer sees its own folder only, and the pieces are made one by one. */
    private void copy(Path from) throws IOException {
        Files.createDirectories(folder);
        for (String file : FILES) {
            Files.copy(
                    from.resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
