package io.millrace.connector.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.OutputRecord;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

final class SuspicionTest {
    private static final int MOST = 1_000;

    private final Suspicion suspicion = new Suspicion();

    private static OutputRecord record(String text) {
        return new OutputRecord("out", null, text.getBytes(StandardCharsets.UTF_8), List.of(), 0);
    }

    /** One that has ended for that reason. */
    private static MqttSession lost(ErrorCode code) {
        var ended = new CompletableFuture<MillraceException>();
        ended.complete(new MillraceException(code, "it is lost"));
        return new EndedSession(ended);
    }

    private boolean lost(String first, int underWay) {
        return suspicion.lost(lost(ErrorCode.UNAVAILABLE), record(first), underWay);
    }

    @Test
    void threeFreshConnectionsLostWithTheSameMessageAloneAreProof() {
        assertThat(lost("a", 1)).isFalse();
        assertThat(lost("a", 1)).isFalse();
        assertThat(lost("a", 1)).isTrue();
        assertThat(lost("b", 1)).isFalse();
    }

    @Test
    void anotherIsOnlyToBlameWhenTheBrokerHasTakenSomethingInBetween() {
        for (int i = 0; i < 3; i++) {
            assertThat(lost("a", 1)).isEqualTo(i == 2);
        }
        for (int i = 0; i < 10; i++) {
            assertThat(lost("b", 1)).isFalse();
        }
        suspicion.passed();
        for (int i = 0; i < 3; i++) {
            assertThat(lost("b", 1)).isEqualTo(i == 2);
        }
    }

    @Test
    void aConnectionOfWhichTheEndIsNotKnownDoesNotCount() {
        for (int i = 0; i < 5; i++) {
            assertThat(suspicion.lost(new EndedSession(new CompletableFuture<>()), record("a"), 1))
                    .isFalse();
        }
    }

    @Test
    void anAnswerOrAnotherMessageInBetweenBeginsAnew() {
        assertThat(lost("a", 1)).isFalse();
        assertThat(lost("a", 1)).isFalse();
        suspicion.passed();
        assertThat(lost("a", 1)).isFalse();
        assertThat(lost("b", 1)).isFalse();
        assertThat(lost("a", 1)).isFalse();
        assertThat(lost("a", 1)).isFalse();
        assertThat(lost("a", 1)).isTrue();
    }

    @Test
    void aConnectionCountsOnceAndNotWhenItEndedForAnotherReason() {
        MqttSession one = lost(ErrorCode.UNAVAILABLE);
        for (int i = 0; i < 5; i++) {
            assertThat(suspicion.lost(one, record("a"), 1)).isFalse();
            assertThat(suspicion.lost(lost(ErrorCode.CONFLICT), record("a"), 1)).isFalse();
        }
    }

    @Test
    void fewerGoOutAfterEachLossAndSoonAllAgain() {
        assertThat(suspicion.window(MOST)).isEqualTo(MOST);
        assertThat(lost("a", MOST)).isFalse();
        assertThat(suspicion.window(MOST)).isEqualTo(125);
        assertThat(lost("a", 125)).isFalse();
        assertThat(lost("a", 15)).isFalse();
        assertThat(suspicion.window(MOST)).isEqualTo(1);
        suspicion.passed();
        assertThat(suspicion.window(MOST)).isEqualTo(2);
        for (int i = 0; i < 1_100; i++) {
            suspicion.passed();
        }
        assertThat(suspicion.window(MOST)).isEqualTo(MOST);
    }

    private record EndedSession(CompletableFuture<MillraceException> ended) implements MqttSession {
        /** As of any object: two connections are never the same. */
        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }

        @Override
        public boolean open() {
            return false;
        }

        @Override
        public int[] subscribe(List<String> filters, int qos) {
            return new int[0];
        }

        @Override
        public void unsubscribe(List<String> filters) {}

        @Override
        public CompletionStage<?> publish(Outgoing message) {
            return CompletableFuture.completedFuture(true);
        }

        @Override
        public void close(boolean forget) {}

        @Override
        public String version() {
            return "none";
        }
    }
}
