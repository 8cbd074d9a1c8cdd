package io.millrace.codec.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.MillraceException;
import io.millrace.codec.objects.Notification.Events;
import io.millrace.codec.objects.Notification.Found;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectEventJsonTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                Samples.AWS,
                Samples.MINIO,
                Samples.OLD_MINIO,
                Samples.OLD_CEPH,
                Samples.CEPH,
                Samples.BRIDGE
            })
    void readsWhatItWrites(String notification) {
        Found found = found(notification);
        assertThat(ObjectEventJson.read(ObjectEventJson.write(found.event(), found.original())))
                .isEqualTo(found);
        assertThat(ObjectEventJson.read(ObjectEventJson.write(found.event(), "")))
                .isEqualTo(new Found(found.event(), ""));
    }

    @Test
    void hasTheFieldsThatPeopleRead() {
        Found found = found(Samples.OLD_CEPH);
        assertThat(ObjectEventJson.write(found.event().withoutOpaqueData(), ""))
                .asString()
                .isEqualTo(
                        "{\"source\":\"ceph:s3\",\"bucket\":\"b\",\"key\":\"my photo+1%20.jpeg\","
                                + "\"rawKey\":\"my photo+1%20.jpeg\",\"event\":\"ObjectCreated:Put\","
                                + "\"size\":108622,\"etag\":\"819c\",\"sequencer\":\"5C1C\","
                                + "\"eventId\":\"1613700188.340170.819c\","
                                + "\"time\":\"2021-02-19T02:03:08.330496Z\","
                                + "\"metadata\":{\"kind\":\"photo\"},\"tags\":{\"env\":\"prod\"}}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{}", "nonsense", "{\"bucket\":\"b\",\"key\":\"k\"}"})
    void refusesAnythingElse(String text) {
        assertThatThrownBy(() -> ObjectEventJson.read(text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("expected an event of an object");
    }

    private static Found found(String text) {
        var read =
                Notifications.read(
                        List.of(),
                        text.getBytes(StandardCharsets.UTF_8),
                        KeyCoding.AUTO,
                        Instant.EPOCH);
        return ((Events) read).found().getFirst();
    }
}
