package io.millrace.connector.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class MqttLinkTest {

    @Test
    void aSecretThatChangesWhileAConnectionIsMadeMakesAnotherOne() {
        var opened = new AtomicInteger();
        var change = new AtomicReference<Runnable>(() -> {});
        try (var link =
                new MqttLink(
                        "test",
                        () -> {
                            if (opened.incrementAndGet() == 1) {
                                // The secret was read already; what it holds now is not in use.
                                change.get().run();
                            }
                            return new Quiet();
                        },
                        new Idle(),
                        TimeSource.system(),
                        () -> 0)) {
            change.set(link::restart);
            link.start();
            await().atMost(World.PATIENCE).until(() -> opened.get() >= 2);
        }
        assertThat(opened).hasValue(2);
    }

    /** A user that wants nothing. */
    private static final class Idle implements MqttLink.User {
        @Override
        public long opened(MqttSession session) {
            return -1;
        }

        @Override
        public void up() {}

        @Override
        public void down(MillraceException why) {}

        @Override
        public void closing(MqttSession session, boolean forget) {}
    }

    /** A connection on which nothing happens. */
    private static final class Quiet implements MqttSession {
        private final CompletableFuture<MillraceException> ended = new CompletableFuture<>();

        @Override
        public boolean open() {
            return false;
        }

        @Override
        public CompletableFuture<MillraceException> ended() {
            return ended;
        }

        @Override
        public int[] subscribe(List<String> filters, int qos) {
            return new int[filters.size()];
        }

        @Override
        public void unsubscribe(List<String> filters) {}

        @Override
        public CompletionStage<?> publish(Outgoing message) {
            return CompletableFuture.completedFuture(message);
        }

        @Override
        public void close(boolean forget) {}

        @Override
        public String version() {
            return "none";
        }
    }
}
