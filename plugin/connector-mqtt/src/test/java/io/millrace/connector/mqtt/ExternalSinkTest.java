package io.millrace.connector.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.MqttConnection;
import io.millrace.api.PipelineSpec.KafkaOutput;
import io.millrace.api.PipelineSpec.MqttOutput;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class ExternalSinkTest {
    /** The first, one with all three under way, three for each of two, and one that is open. */
    private static final int ENOUGH_TO_BLAME_TWO = 9;

    @TempDir private Path folder;
    private Mosquitto broker;
    private World world;

    @BeforeEach
    void start() {
        broker = Mosquitto.in(folder).start();
        world = new World();
    }

    @AfterEach
    void stop() {
        world.close();
        broker.close();
    }

    private static MqttOutput output(MqttConnection to, int qos, boolean isRetained) {
        return new MqttOutput("out", Optional.of(to), qos, isRetained, false);
    }

    private Sink open(MqttOutput output) {
        return world.connector.open(World.GRID, output).orElseThrow();
    }

    private static OutputRecord record(String topic, String value, Header... headers) {
        return new OutputRecord(topic, null, value.getBytes(UTF_8), List.of(headers), 0);
    }

    private static List<OutputRecord> records(int from, int to) {
        var all = new ArrayList<OutputRecord>();
        for (int i = from; i < to; i++) {
            all.add(record("out", "m" + i));
        }
        return all;
    }

    @Test
    void servesOnlyOtherBrokers() {
        assertThat(world.connector.open(World.GRID, new MqttOutput("out"))).isEmpty();
        assertThat(world.connector.open(World.GRID, new KafkaOutput("out"))).isEmpty();
    }

    @Test
    void aResultGoesOutWithItsHeaders() throws InterruptedException {
        try (var peer = new Peer(broker.port(), "peer");
                Sink sink = open(output(World.to(broker.port()), 1, true))) {
            peer.subscribe("aalto/#");
            var failures =
                    sink.write(
                            List.of(
                                    record(
                                            "aalto/out",
                                            "{\"LSTM\": 1}",
                                            Header.of("site", "sfo"),
                                            Header.of(HeaderNames.SOURCE, "grid/plant"),
                                            Header.of("mqtt.user", "tenant-7"),
                                            Header.of(HeaderNames.REPLY_TOPIC, "aalto/out"),
                                            Header.of(HeaderNames.PROVENANCE, "grid/p t/0/1 2 x"),
                                            new Header("binary", new byte[] {(byte) 0xff}),
                                            new Header(
                                                    HeaderNames.CORRELATION, new byte[] {7, 0}))));
            assertThat(failures).isEmpty();

            Mqtt5Publish message = peer.next(1).getFirst();
            assertThat(message.getTopic().toString()).isEqualTo("aalto/out");
            assertThat(Peer.text(message)).isEqualTo("{\"LSTM\": 1}");
            assertThat(message.getQos().getCode()).isEqualTo(1);
            assertThat(message.getUserProperties().asList())
                    .extracting(p -> p.getName() + "=" + p.getValue())
                    .containsExactly("site=sfo", "millrace.provenance=grid/p t/0/1 2 x");
            assertThat(message.getCorrelationData().orElseThrow().remaining()).isEqualTo(2);
            assertThat(world.meters.total("millrace_mqtt_sink_dropped_headers_total")).isEqualTo(1);
        }
        try (var later = new Peer(broker.port(), "later")) {
            later.subscribe("aalto/out");
            assertThat(later.next(1).getFirst().isRetain()).isTrue();
        }
    }

    @Test
    void aTopicThatBelongsToTheBrokerIsRefusedBeforeItEndsTheConnection() {
        try (Sink sink = open(output(World.to(broker.port()), 1, false))) {
            var failures =
                    sink.write(
                            List.of(
                                    record("$share/group/out", "asked for by a request"),
                                    record("$SYS/broker", "so is this"),
                                    record("out", "and its neighbour")));
            assertThat(failures)
                    .extracting(ItemFailure::index, ItemFailure::code)
                    .containsExactly(tuple(0, ErrorCode.INVALID), tuple(1, ErrorCode.INVALID));
            assertThat(failures.getFirst().reason()).contains("'$share/group/out'", "'$'");
        }
    }

    @Test
    void manyGoOutInOrder() throws InterruptedException {
        try (var peer = new Peer(broker.port(), "peer");
                Sink sink = open(output(World.to(broker.port()), 1, false));
                Sink quick = open(output(World.to(broker.port()), 0, false))) {
            peer.subscribe("out");
            assertThat(sink.write(records(0, 3000))).isEmpty();
            assertThat(peer.next(3000).stream().map(Peer::text))
                    .containsExactlyElementsOf(
                            records(0, 3000).stream()
                                    .map(r -> new String(r.value(), UTF_8))
                                    .toList());
            assertThat(quick.write(records(0, 10))).isEmpty();
            assertThat(peer.next(10).getLast().getQos().getCode()).isZero();
            assertThat(world.meters.total("millrace_mqtt_sink_published_total")).isEqualTo(3010);
        }
    }

    @Test
    void anOldBrokerGetsTheResultWithoutProperties() throws InterruptedException {
        try (var link = new Link(broker.port(), Link.Five.REFUSED_IN_OLD_WORDS);
                var peer = new Peer(broker.port(), "peer");
                Sink sink = open(output(World.to(link.port()), 1, false))) {
            peer.subscribe("out");
            assertThat(sink.write(List.of(record("out", "hello", Header.of("site", "sfo")))))
                    .isEmpty();
            Mqtt5Publish message = peer.next(1).getFirst();
            assertThat(Peer.text(message)).isEqualTo("hello");
            assertThat(message.getUserProperties().asList()).isEmpty();
        }
    }

    @Test
    void onlyTheGuiltyItemFails() throws InterruptedException {
        try (var peer = new Peer(broker.port(), "peer");
                Sink sink = open(output(World.to(broker.port()), 1, false))) {
            peer.subscribe("out");
            var failures =
                    sink.write(
                            List.of(
                                    record("out", "one"),
                                    record("out/+", "two"),
                                    record("", "three"),
                                    record("out/\u0000", "four"),
                                    record("out", "five")));
            assertThat(failures).extracting(ItemFailure::index).containsExactly(1, 2, 3);
            assertThat(failures).allMatch(failure -> failure.code() == ErrorCode.INVALID);
            assertThat(peer.next(2).stream().map(Peer::text)).containsExactly("one", "five");
            assertThat(world.meters.total("millrace_mqtt_sink_refused_total")).isEqualTo(3);
        }
    }

    @Test
    void aTopicThatWeMayNotWriteToIsDenied() throws Exception {
        Path acl = Files.writeString(folder.resolve("acl"), "topic readwrite open/#\n");
        Path own = Files.createDirectory(folder.resolve("strict"));
        try (var strict = Mosquitto.in(own, "acl_file " + acl).start();
                Sink sink = open(output(World.to(strict.port()), 1, false))) {
            // mosquitto 2.0 sends the refusal and breaks the connection, so it may not get here.
            await().atMost(World.PATIENCE)
                    .ignoreExceptions()
                    .until(() -> {
                        var failures = sink.write(List.of(record("closed/b", "x")));
                        return failures.getFirst().code() == ErrorCode.DENIED
                                && failures.getFirst().reason().contains("NOT_AUTHORIZED");
                    });
            await().atMost(World.PATIENCE)
                    .ignoreExceptions()
                    .until(() -> sink.write(List.of(record("open/a", "x"))).isEmpty());
        }
    }

    @Test
    void aBrokerThatIsAwayIsSaidWithItsCause() {
        broker.stop();
        try (Sink sink = open(output(World.to(broker.port()), 1, false))) {
            assertThatThrownBy(() -> sink.write(records(0, 1)))
                    .hasMessageContaining("Connection refused")
                    .extracting(e -> ((MillraceException) e).code())
                    .isEqualTo(ErrorCode.UNAVAILABLE);
            broker.start();
            await().atMost(World.PATIENCE)
                    .ignoreExceptions()
                    .until(() -> sink.write(records(0, 1)).isEmpty());
        }
    }

    @Test
    void whatALostConnectionDidNotConfirmIsReportedWithAllBehindIt() throws Exception {
        try (var link = new Link(broker.port());
                var peer = new Peer(broker.port(), "peer");
                Sink sink = open(output(World.to(link.port()), 1, false))) {
            peer.subscribe("out");
            assertThat(sink.write(records(0, 5))).isEmpty();
            link.fallSilent();
            var write = CompletableFuture.supplyAsync(() -> sink.write(records(5, 2005)));
            await().atMost(World.PATIENCE).until(() -> !write.isDone());
            link.cut();
            link.speakAgain();

            List<ItemFailure> failures = write.get(30, TimeUnit.SECONDS);
            assertThat(failures).hasSize(2000);
            assertThat(failures.getFirst().index()).isZero();
            assertThat(failures).allMatch(failure -> failure.code() == ErrorCode.UNAVAILABLE);
            assertThat(failures.getFirst().reason()).contains("the connection");

            await().atMost(World.PATIENCE)
                    .ignoreExceptions()
                    .until(() -> sink.write(records(5, 2005)).isEmpty());
            assertThat(peer.next(2005).stream().map(Peer::text).toList()).startsWith("m0", "m1");
            assertThat(world.meters.total("millrace_mqtt_sink_reconnects_total")).isEqualTo(1);
        }
    }

    @Test
    void aMessageThatMakesTheBrokerEndTheConnectionIsGivenUpAndTheOthersGoOn()
            throws InterruptedException {
        try (var link = new Link(broker.port());
                var peer = new Peer(broker.port(), "peer");
                Sink sink = open(output(World.to(link.port()), 1, false))) {
            peer.subscribe("out");
            assertThat(sink.write(records(0, 1))).isEmpty();
            link.endOn("poison");
            var left = new ArrayList<>(records(1, 6));
            left.add(record("out", "poison"));
            left.addAll(records(6, 12));
            var givenUp = new ArrayList<ItemFailure>();
            await().atMost(World.PATIENCE)
                    .ignoreExceptionsMatching(e ->
                            e instanceof MillraceException known
                                    && known.code() == ErrorCode.UNAVAILABLE)
                    .until(() -> {
                        writeWhatIsLeft(sink, left, givenUp);
                        return left.isEmpty();
                    });
            assertThat(givenUp)
                    .singleElement()
                    .satisfies(failure -> {
                        assertThat(failure.code()).isEqualTo(ErrorCode.INVALID);
                        assertThat(failure.reason()).contains("each time that it gets this");
                    });
            peer.publish("out", "end");
            var seen = new java.util.LinkedHashSet<String>();
            for (String text = ""; !text.equals("end"); ) {
                text = Peer.text(peer.next(1).getFirst());
                seen.add(text);
            }
            var expected = new ArrayList<String>();
            records(0, 12).forEach(r -> expected.add(new String(r.value(), UTF_8)));
            expected.add("end");
            assertThat(seen).containsExactlyElementsOf(expected);
            assertThat(world.meters.total("millrace_mqtt_sink_refused_total")).isEqualTo(1);
        }
    }

    @Test
    void aBrokerThatTakesNothingCostsOneMessageAndNoMore() {
        try (var link = new Link(broker.port());
                Sink sink = open(output(World.to(link.port()), 1, false))) {
            assertThat(sink.write(records(0, 1))).isEmpty();
            // Each message is for this topic, and connecting does not name it.
            link.endOn("every/one");
            var left = new ArrayList<OutputRecord>();
            for (int i = 0; i < 3; i++) {
                left.add(record("every/one", "m" + i));
            }
            var givenUp = new ArrayList<ItemFailure>();
            await().atMost(Duration.ofSeconds(90))
                    .ignoreExceptionsMatching(e ->
                            e instanceof MillraceException known
                                    && known.code() == ErrorCode.UNAVAILABLE)
                    .until(() -> {
                        writeWhatIsLeft(sink, left, givenUp);
                        return link.accepted() > ENOUGH_TO_BLAME_TWO;
                    });
            assertThat(givenUp).hasSize(1);
            assertThat(left).hasSize(2);
        }
    }

    /** As a pipeline does: what may pass is written again, what may not is given up. */
    private static void writeWhatIsLeft(
            Sink sink, List<OutputRecord> left, List<ItemFailure> givenUp) {
        List<ItemFailure> failures = sink.write(List.copyOf(left));
        var again = new ArrayList<OutputRecord>();
        for (ItemFailure failure : failures) {
            if (failure.code().isTransient()) {
                again.add(left.get(failure.index()));
            } else {
                givenUp.add(failure);
            }
        }
        left.clear();
        left.addAll(again);
    }

    @Test
    void tasksHaveClientIdsOfTheirOwnAndTheSameOnesAgain() {
        var connection = World.to(broker.port());
        for (int round = 1; round <= 2; round++) {
            int expected = round;
            try (Sink first = open(output(connection, 1, false));
                    Sink second = open(output(connection, 1, false))) {
                assertThat(first.write(records(0, 1))).isEmpty();
                assertThat(second.write(records(0, 1))).isEmpty();
                await().atMost(World.PATIENCE)
                        .untilAsserted(() -> {
                            assertThat(connects("millrace-node0001-grid-out-1"))
                                    .isEqualTo(expected);
                            assertThat(connects("millrace-node0001-grid-out-2"))
                                    .isEqualTo(expected);
                        });
            }
        }
        assertThat(broker.log()).doesNotContain("already connected");
    }

    private int connects(String clientId) {
        return broker.log().split("as " + clientId + " ", -1).length - 1;
    }
}
