package io.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DeliveryOracleTest {

    private final DeliveryOracle oracle = new DeliveryOracle();
    private final byte[] first = oracle.next("a", "");
    private final byte[] second = oracle.next("a", "\"x\":1");
    private final byte[] third = oracle.next("b", "");

    @Test
    void isContentWhenEachRecordCameOutOnce() {
        acknowledgeAll();
        oracle.output(third);
        oracle.output(first);
        oracle.deadLetter(second);
        assertThat(oracle.problems(0, 0)).isEmpty();
    }

    @Test
    void seesALossUnlessItWasCounted() {
        acknowledgeAll();
        oracle.output(first);
        oracle.output(third);
        assertThat(oracle.problems(0, 0))
                .containsExactly("lost: [1], but only 0 counted as dropped");
        assertThat(oracle.problems(1, 0)).isEmpty();
        assertThat(oracle.problems(2, 0)).containsExactly("counted 2 drops, 1 at most");
    }

    @Test
    void allowsAnythingForWhatWasNeverAcknowledged() {
        oracle.acknowledged(first);
        oracle.output(first);
        oracle.output(third);
        assertThat(oracle.problems(0, 0)).isEmpty();
    }

    @Test
    void boundsDuplicatesAlsoBetweenOutputAndDeadLetter() {
        acknowledgeAll();
        oracle.output(first);
        oracle.output(second);
        oracle.output(third);
        oracle.output(second);
        oracle.deadLetter(third);
        assertThat(oracle.problems(0, 2)).isEmpty();
        assertThat(oracle.problems(0, 1)).containsExactly("duplicates: 2, at most 1");
    }

    @Test
    void exactlyOnceAllowsNoDuplicateThoughADropMayBeCountedTwice() {
        acknowledgeAll();
        oracle.output(first);
        oracle.output(third);
        assertThat(oracle.problems(2, 0, 1)).isEmpty();
        assertThat(oracle.problems(3, 0, 1)).containsExactly("counted 3 drops, 1 at most");
        oracle.deadLetter(third);
        assertThat(oracle.problems(1, 0, 5)).containsExactly("duplicates: 1, at most 0");
    }

    @Test
    void seesABrokenOrderOfAKeyButNotARepetition() {
        oracle.output(first);
        oracle.output(second);
        oracle.output(first);
        oracle.output(second);
        assertThat(oracle.problems(0, 2)).isEmpty();
        var other = new DeliveryOracle();
        byte[] one = other.next("a", "");
        byte[] two = other.next("a", "");
        other.output(two);
        other.output(one);
        assertThat(other.problems(0, 0)).containsExactly("order: key a: 0 came after 1");
    }

    @Test
    void aRepairedOrderNeedsTheSuccessorOnceMoreBehindWhatCameLate() {
        var repairing = DeliveryOracle.ofRepairedOrder();
        byte[] one = repairing.next("a", "");
        byte[] two = repairing.next("a", "");
        repairing.output(two);
        repairing.output(one);
        assertThat(repairing.problems(0, 0)).containsExactly("order: key a: 0 came after 1");
        repairing.output(two);
        assertThat(repairing.problems(0, 1)).isEmpty();
    }

    @Test
    void seesWhatWasAlteredOrInvented() {
        String text = new String(first, StandardCharsets.UTF_8);
        oracle.output(text.replace("\"n\":0", "\"n\":1").getBytes(StandardCharsets.UTF_8));
        oracle.output("{}".getBytes(StandardCharsets.UTF_8));
        assertThat(oracle.problems(0, 0))
                .satisfiesExactly(
                        problem -> assertThat(problem).startsWith("invented: the output"),
                        problem -> assertThat(problem).isEqualTo("altered: the output {}"));
    }

    private void acknowledgeAll() {
        oracle.acknowledged(first);
        oracle.acknowledged(second);
        oracle.acknowledged(third);
    }
}
