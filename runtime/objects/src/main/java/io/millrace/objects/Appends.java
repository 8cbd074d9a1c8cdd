package io.millrace.objects;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Appends that are under way together, and waiting for them. */
final class Appends {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final StreamLog log;
    private final List<CompletableFuture<Void>> running = new ArrayList<>();

    Appends(StreamLog log) {
        this.log = log;
    }

    void add(
            OutgoingRecord record,
            Runnable kept,
            java.util.function.Consumer<MillraceException> lost) {
        var end = new CompletableFuture<Void>();
        running.add(end);
        log.append(
                record,
                failure -> {
                    if (failure == null) {
                        kept.run();
                        end.complete(null);
                    } else {
                        MillraceException why = translated(failure);
                        lost.accept(why);
                        end.completeExceptionally(why);
                    }
                });
    }

    /** Something that somebody else is appending. */
    void alsoAwait(List<CompletableFuture<Void>> others) {
        running.addAll(others);
    }

    private static MillraceException translated(Exception failure) {
        return failure instanceof MillraceException e
                ? e
                : new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        "the log did not take the event: " + failure.getMessage(),
                        failure);
    }

    /**
     * Waits for all.
     *
     * @throws MillraceException the first failure; {@code UNAVAILABLE} when the log does not answer
     */
    void await() {
        try {
            CompletableFuture.allOf(running.toArray(CompletableFuture[]::new))
                    .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof MillraceException why) {
                throw why;
            }
            throw MillraceException.internal("an append ended badly", e.getCause());
        } catch (TimeoutException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "the log does not acknowledge the events", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.UNAVAILABLE, "it is being stopped", e);
        }
    }
}
