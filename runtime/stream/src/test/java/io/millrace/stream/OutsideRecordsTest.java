package io.millrace.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.testkit.RecordingMeters;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutsideRecordsTest {
    private final RecordingMeters meters = new RecordingMeters();
    private final OutsideRecords outside = new OutsideRecords(meters.count("forged", "forged"));

    private static LogRecord record(String topic, Header... headers) {
        return new LogRecord(
                new LogPartition(topic, 0), 7, null, new byte[] {1}, List.of(headers), 42);
    }

    @Test
    void leavesOutWhatOnlyMillraceSays() {
        LogRecord forged =
                record(
                        "requests",
                        Header.of("kafka_replyTopic", "mine"),
                        Header.of(HeaderNames.REPLY_TOPIC, "others"),
                        Header.of(HeaderNames.CORRELATION, "7"),
                        Header.of(HeaderNames.CAPTURE_PREFIX + "tenant", "another"),
                        Header.of("mqtt.user", "another"));
        LogRecord plain = record("requests", Header.of("a", "b"));

        List<LogRecord> cleaned = outside.cleaned(List.of(plain, forged));

        assertThat(cleaned.getFirst()).isSameAs(plain);
        assertThat(cleaned.get(1).headers())
                .extracting(Header::name)
                .containsExactly("kafka_replyTopic", HeaderNames.CORRELATION);
        assertThat(cleaned.get(1).offset()).isEqualTo(7);
        assertThat(cleaned.get(1).timestampMillis()).isEqualTo(42);
        assertThat(meters.total("forged")).isEqualTo(3);
    }

    @Test
    void believesTopicsThatOnlyMillraceWrites() {
        var records =
                List.of(
                        record("shop.source.camera.images", Header.of(HeaderNames.TOPIC, "a/b")),
                        record("shop.retry.sorter", Header.of(HeaderNames.ORIGIN_TOPIC, "x")));

        assertThat(outside.cleaned(records)).isSameAs(records);
        assertThat(meters.total("forged")).isZero();
    }
}
