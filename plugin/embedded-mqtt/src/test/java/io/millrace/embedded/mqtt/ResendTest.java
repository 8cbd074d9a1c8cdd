package io.millrace.embedded.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.embedded.mqtt.RawSubscriber.Delivery;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A client may take a packet id that it has not acknowledged for the message that it knows by this
 * id. Were the id on another message, such a client would drop that one.
 */
@Timeout(120)
final class ResendTest {

    private static final int SENT = 40;
    private static final int ADDED = 100;

    @TempDir Path directory;

    @Test
    void sendsAgainUnderTheSameIdsAfterAKill() throws Exception {
        List<Delivery> open;
        try (var first = BrokerProcess.start(directory);
                var subscriber = new RawSubscriber(first.port(), "raw")) {
            subscriber.subscribe("results/+", 1);
            first.publish("results/a", SENT);
            open = acknowledgeSome(subscriber, subscriber.receiveUpTo("results/a:" + (SENT - 1)));
            first.kill();
        }
        // Killed again before anything is acknowledged: nothing may depend on a clean second life.
        for (int life = 0; life < 2; life++) {
            try (var next = BrokerProcess.start(directory);
                    var subscriber = new RawSubscriber(next.port(), "raw")) {
                assertThat(subscriber.sessionPresent).isTrue();
                next.publish("results/" + life, ADDED);
                String last = "results/" + life + ":" + (ADDED - 1);
                List<Delivery> got = subscriber.receiveUpTo(last);
                assertKeepsIds(open, got);
                open = acknowledgeSome(subscriber, got);
                next.kill();
            }
        }
    }

    @Test
    void sendsAgainUnderTheSameIdsAfterALostConnection() throws Exception {
        try (var fixture = BrokerFixture.start(directory)) {
            List<Delivery> open;
            try (var subscriber = new RawSubscriber(fixture.broker.plainPort(), "raw")) {
                subscriber.subscribe("results/+", 1);
                fixture.publish(BrokerFixture.FASHION, "results/a", numbers(SENT));
                open =
                        acknowledgeSome(
                                subscriber, subscriber.receiveUpTo("results/a:" + (SENT - 1)));
            }
            for (int connection = 0; connection < 3; connection++) {
                try (var subscriber = new RawSubscriber(fixture.broker.plainPort(), "raw")) {
                    fixture.publish(BrokerFixture.FASHION, "results/" + connection, numbers(ADDED));
                    String last = "results/" + connection + ":" + (ADDED - 1);
                    List<Delivery> got = subscriber.receiveUpTo(last);
                    assertKeepsIds(open, got);
                    open = acknowledgeSome(subscriber, got);
                }
            }
        }
    }

    private static void assertKeepsIds(List<Delivery> open, List<Delivery> got) {
        assertThat(got).extracting(Delivery::packetId).doesNotHaveDuplicates();
        List<Delivery> again =
                open.stream()
                        .map(d -> new Delivery(d.packetId(), true, d.topic(), d.payload()))
                        .toList();
        assertThat(got).as("sent again with DUP, under the same packet ids").containsAll(again);
    }

    /** The first quarter and a few beyond it; returns the others. */
    private static List<Delivery> acknowledgeSome(RawSubscriber subscriber, List<Delivery> all)
            throws Exception {
        var acknowledged = new ArrayList<Delivery>();
        var open = new ArrayList<Delivery>();
        for (int i = 0; i < all.size(); i++) {
            (i < all.size() / 4 || i % 7 == 0 ? acknowledged : open).add(all.get(i));
        }
        subscriber.acknowledge(acknowledged);
        return open;
    }

    private static String[] numbers(int count) {
        String[] numbers = new String[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = "" + i;
        }
        return numbers;
    }
}
