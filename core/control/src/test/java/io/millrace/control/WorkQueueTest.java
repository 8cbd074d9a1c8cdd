package io.millrace.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.testkit.TestingTime;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class WorkQueueTest {
    private static final ResourceKey A = Given.key(Kind.MODEL, "a");
    private static final ResourceKey B = Given.key(Kind.MODEL, "b");

    private final TestingTime time = new TestingTime();
    private final WorkQueue queue = new WorkQueue(time);

    @Test
    void givesKeysInTheOrderOfArrivalAndEachOnce() {
        queue.add(B);
        queue.add(A);
        queue.add(B);

        assertThat(queue.tryTake()).contains(B);
        assertThat(queue.tryTake()).contains(A);
        assertThat(queue.tryTake()).isEmpty();
    }

    @Test
    void holdsAKeyBackUntilItIsDue() {
        queue.addAfter(A, Duration.ofSeconds(2));

        time.advance(Duration.ofMillis(1_999));
        assertThat(queue.tryTake()).isEmpty();
        time.advance(Duration.ofMillis(1));
        assertThat(queue.tryTake()).contains(A);
    }

    @Test
    void anEarlierTimeWinsOverALaterOne() {
        queue.addAfter(A, Duration.ofSeconds(30));
        queue.add(A);
        queue.addAfter(A, Duration.ofSeconds(60));

        assertThat(queue.size()).isEqualTo(1);
        assertThat(queue.tryTake()).contains(A);
        assertThat(queue.size()).isZero();
    }

    @Test
    void neverGivesOutAKeyThatIsBeingWorkedOn() {
        queue.add(A);
        assertThat(queue.tryTake()).contains(A);

        queue.add(A);
        assertThat(queue.tryTake()).isEmpty();
        queue.done(A);
        assertThat(queue.tryTake()).contains(A);
        queue.done(A);
        assertThat(queue.tryTake()).isEmpty();
    }

    @Test
    void whatIsDueFirstComesFirst() {
        queue.addAfter(A, Duration.ofSeconds(2));
        queue.addAfter(B, Duration.ofSeconds(1));
        time.advance(Duration.ofSeconds(3));

        assertThat(queue.tryTake()).contains(B);
        assertThat(queue.tryTake()).contains(A);
    }

    @Test
    void wakesWhoeverWaits() throws Exception {
        var taken = new CompletableFuture<Optional<ResourceKey>>();
        Thread waiter = Thread.ofVirtual().start(() -> take(taken));
        queue.add(A);

        assertThat(taken.get(10, TimeUnit.SECONDS)).contains(A);
        assertThat(waiter.join(Duration.ofSeconds(10))).isTrue();
    }

    @Test
    void closingEndsTheWait() throws Exception {
        var taken = new CompletableFuture<Optional<ResourceKey>>();
        Thread waiter = Thread.ofVirtual().start(() -> take(taken));
        queue.close();

        assertThat(taken.get(10, TimeUnit.SECONDS)).isEmpty();
        assertThat(waiter.join(Duration.ofSeconds(10))).isTrue();
    }

    private void take(CompletableFuture<Optional<ResourceKey>> taken) {
        try {
            taken.complete(queue.take());
        } catch (InterruptedException e) {
            taken.completeExceptionally(e);
        }
    }
}
