package io.millrace.connector.mqtt;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for what a broker answers, never for ever. */
final class Waiting {
    private Waiting() {}

    /**
     * The answer on a connection, or why that ended: what a persistent session has asked for stays
     * open in the client library, since it could be answered on the next connection.
     */
    static <T> T answer(
            CompletionStage<T> stage,
            CompletableFuture<MillraceException> ended,
            String what,
            Duration limit)
            throws ExecutionException {
        var either = new CompletableFuture<T>();
        var _ =
                stage.whenComplete((value, failure) -> {
                    if (failure == null) {
                        either.complete(value);
                    } else {
                        either.completeExceptionally(failure);
                    }
                });
        var _ = ended.thenAccept(either::completeExceptionally);
        return answer(either, what, limit);
    }

    /**
     * The answer.
     *
     * @throws ExecutionException with what went wrong instead
     * @throws MillraceException {@code UNAVAILABLE} when it does not come in time
     */
    static <T> T answer(CompletionStage<T> stage, String what, Duration limit)
            throws ExecutionException {
        try {
            return stage.toCompletableFuture().get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "the broker did not answer %s within %d s".formatted(what, limit.toSeconds()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.UNAVAILABLE, "interrupted during " + what, e);
        }
    }
}
