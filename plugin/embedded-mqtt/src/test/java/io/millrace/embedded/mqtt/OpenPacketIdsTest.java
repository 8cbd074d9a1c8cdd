package io.millrace.embedded.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGeneratorFactory;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTSessionState.OutboundStore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OpenPacketIdsTest {

    private static final int CAPACITY = 64;
    private static final int IDS = 65_535;

    @TempDir Path directory;

    private Path file;
    private OpenPacketIds ids;

    @BeforeEach
    void open() throws IOException {
        file = directory.resolve("session");
        ids = OpenPacketIds.open(file, CAPACITY);
    }

    @Test
    void isEmptyAtFirst() {
        assertThat(contents(ids)).isEmpty();
    }

    @Test
    void keepsIdsAndTheirMessagesForTheNextProcess() throws IOException {
        ids.add(1, 100);
        ids.add(IDS, -5);
        ids.add(7, 0);
        ids.remove(1);
        assertThat(contents(reopened())).isEqualTo(Map.of(IDS, -5L, 7, 0L));
    }

    @Test
    void keepsIdsApartThatShareAPlace() throws IOException {
        ids.add(3, 30);
        ids.add(3 + CAPACITY, 31);
        ids.add(3 + 2 * CAPACITY, 32);
        ids.remove(3);
        assertThat(contents(ids)).isEqualTo(Map.of(3 + CAPACITY, 31L, 3 + 2 * CAPACITY, 32L));
        OpenPacketIds next = reopened();
        next.add(3 + 2 * CAPACITY, 33);
        next.remove(3 + CAPACITY);
        assertThat(contents(next)).isEqualTo(Map.of(3 + 2 * CAPACITY, 33L));
    }

    @Test
    void takesTheLastMessageOfAnId() {
        ids.add(9, 1);
        ids.add(9, 2);
        assertThat(contents(ids)).isEqualTo(Map.of(9, 2L));
    }

    @Test
    void refusesWhatItHasNoRoomFor() {
        for (int id = 1; id <= CAPACITY; id++) {
            assertThat(ids.add(id, id)).isTrue();
        }
        assertThat(ids.add(CAPACITY + 1, 0)).isFalse();
        ids.remove(5);
        assertThat(ids.add(CAPACITY + 1, 0)).isTrue();
        assertThat(contents(ids)).hasSize(CAPACITY).containsKey(CAPACITY + 1).doesNotContainKey(5);
    }

    @Test
    void forgetsAllWhenToldTo() throws IOException {
        ids.add(1, 1);
        ids.add(1 + CAPACITY, 2);
        ids.clear();
        assertThat(contents(reopened())).isEmpty();
    }

    @Test
    void startsAnewFromAFileThatWasNotFinished() throws IOException {
        Files.write(file, new byte[100]);
        assertThat(contents(reopened())).isEmpty();
    }

    @Test
    void agreesWithAMapOverManyRounds() throws IOException {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        var expected = new HashMap<Integer, Long>();
        OpenPacketIds current = ids;
        int next = 0;
        for (int step = 0; step < 200_000; step++) {
            if (expected.size() < CAPACITY / 2 && random.nextBoolean()) {
                do {
                    next = next % IDS + 1;
                } while (expected.containsKey(next));
                expected.put(next, (long) step);
                assertThat(current.add(next, step)).isTrue();
            } else if (!expected.isEmpty()) {
                int gone =
                        expected.keySet().stream()
                                .skip(random.nextInt(expected.size()))
                                .findFirst()
                                .orElseThrow();
                expected.remove(gone);
                current.remove(gone);
            }
            if (step % 10_000 == 0) {
                current = reopened();
                assertThat(contents(current)).isEqualTo(expected);
            }
        }
        assertThat(contents(current)).isEqualTo(expected);
    }

    @Test
    void noOtherMessageGetsAnIdThatTheClientHolds() throws IOException {
        ids.add(2, 20);
        ids.add(40_000, 21);
        var store = new OutboundStore();
        var session = new SessionPacketIds(reopened());
        session.connected(false, store);
        for (int message = 1; message <= 2 * IDS; message++) {
            int id = store.generateMqttId(message, 1);
            assertThat(id).isBetween(1, IDS).isNotEqualTo(2).isNotEqualTo(40_000);
            store.publish(id, message, 1);
            store.publishAckd(id);
        }
        assertThat(store.getSendQuota()).isZero();
        assertThat(session.tryResend(21, 4_711, 1)).isTrue();
        int id = store.generateMqttId(4_711, 1);
        assertThat(id).isEqualTo(40_000);
        store.publish(id, 4_711, 1);
        assertThat(store.getSendQuota()).isOne();
        assertThat(session.tryResend(21, 4_711, 1)).isFalse();
        store.publishAckd(id);
        assertThat(store.getSendQuota()).isZero();
    }

    private OpenPacketIds reopened() throws IOException {
        return OpenPacketIds.open(file, CAPACITY);
    }

    private static Map<Integer, Long> contents(OpenPacketIds ids) {
        var contents = new HashMap<Integer, Long>();
        ids.forEach(contents::put);
        return contents;
    }
}
