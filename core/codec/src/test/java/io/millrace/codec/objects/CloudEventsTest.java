package io.millrace.codec.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.codec.objects.CloudEvents.Mode;
import io.millrace.spi.Header;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CloudEventsTest {

    private static final String START = "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",";

    @Test
    void readsWhatKnativeSends() {
        var headers =
                List.of(
                        Header.of("ce-specversion", "1.0"),
                        Header.of("ce-id", "partition:0/offset:17"),
                        Header.of("ce-source", "/apis/v1/namespaces/default/kafkasources/k#mnist"),
                        Header.of("ce-type", "dev.knative.kafka.event"),
                        Header.of("ce-subject", "partition:0#17"),
                        Header.of("ce-time", "2024-05-01T12:00:00Z"),
                        Header.of("ce-key", "mnist/0%20%C3%BC.png"),
                        Header.of("prefer", "reply"));
        assertThat(CloudEvents.modeOf(headers)).isEqualTo(Mode.BINARY);
        CloudEvent event = CloudEvents.read(headers, bytes("any bytes")).getFirst();
        assertThat(event.id()).isEqualTo("partition:0/offset:17");
        assertThat(event.subject()).hasValue("partition:0#17");
        assertThat(event.time()).hasValue(Instant.parse("2024-05-01T12:00:00Z"));
        assertThat(event.contentType()).isEmpty();
        assertThat(event.extensions()).containsExactly(entry("key", "mnist/0 ü.png"));
        assertThat(event.data()).asString().isEqualTo("any bytes");
    }

    @Test
    void readsRecordsOfKafkaAndTheOldVersion() {
        var headers =
                List.of(
                        Header.of("ce_specversion", "0.3"),
                        Header.of("ce_id", "a%20b"),
                        Header.of("ce_source", "/s"),
                        Header.of("ce_type", "t"),
                        Header.of("content-type", "text/plain; charset=utf-8"));
        CloudEvent event = CloudEvents.read(headers, bytes("x")).getFirst();
        assertThat(event.specVersion()).isEqualTo("0.3");
        assertThat(event.id()).isEqualTo("a%20b");
        assertThat(event.contentType()).hasValue("text/plain; charset=utf-8");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/cloudevents+json|STRUCTURED",
                "Application/CloudEvents+JSON; charset=UTF-8|STRUCTURED",
                "application/cloudevents-batch+json;x=y|BATCHED",
                "application/cloudevents+avro|STRUCTURED",
                "application/json|NONE",
            })
    void theContentTypeSaysTheMode(String type, Mode mode) {
        assertThat(CloudEvents.modeOf(List.of(Header.of("Content-Type", type)))).isEqualTo(mode);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"type\":\"t\",\"data\": {\"instances\": [[1.0, 2e3, 0.10]]} |{\"instances\": [[1.0, 2e3, 0.10]]}",
                "\"data\":[1, 2],\"type\":\"t\"|[1, 2]",
                "\"data\":12345678901234567890.10,\"type\":\"t\"|12345678901234567890.10",
                "\"data\":-7 ,\"type\":\"t\"|-7",
                "\"data\":true,\"type\":\"t\"|true",
                "\"type\":\"t\",\"data\":\"a\\\"b ü\"|\"a\\\"b ü\"",
                "\"type\":\"t\",\"datacontenttype\":\"text/plain\",\"data\":\"a\\\"b\"|a\"b",
                "\"type\":\"t\",\"data_base64\":\"eHk=\"|xy",
                "\"type\":\"t\",\"datacontentencoding\":\"Base64\",\"data\":\"eHk=\"|xy",
                "\"type\":\"t\",\"data\":null|",
                "\"type\":\"t\"|",
                "\"type\":\"t\",\"odd\":{\"a\":[1]},\"data\":1|1",
            })
    void givesDataAsItWasSpelled(String rest, String data) {
        CloudEvent event = CloudEvents.structured(bytes(START + rest + "}"));
        String expected = data == null ? "" : data;
        assertThat(event.data()).asString(StandardCharsets.UTF_8).isEqualTo(expected);
        CloudEvent inBatch =
                CloudEvents.batched(bytes("[ " + START + rest + "} , " + START + rest + "}]"))
                        .getLast();
        assertThat(inBatch.data()).isEqualTo(event.data());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "17",
                "{}",
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\"}",
                "{\"specversion\":\"1.0\",\"id\":\"\",\"source\":\"/s\",\"type\":\"t\"}",
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"data\":1,\"data_base64\":\"eHk=\"}",
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"data_base64\":\"?\"}",
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"data_base64\":{}}",
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}{}",
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"data\":[",
            })
    void refusesWhatIsNoEvent(String text) {
        assertThatThrownBy(() -> CloudEvents.structured(bytes(text)))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID));
    }

    @Test
    void refusesOtherVersionsFormatsAndEncodings() {
        assertThatThrownBy(() ->
                        CloudEvents.structured(
                                bytes(START.replace("1.0", "0.1") + "\"type\":\"t\"}")))
                .hasMessageContaining("0.1")
                .hasMessageContaining("1.0 or 0.3");
        assertThatThrownBy(() ->
                        CloudEvents.read(
                                List.of(Header.of("content-type", "application/cloudevents+avro")),
                                bytes("x")))
                .hasMessageContaining("avro");
        assertThatThrownBy(() ->
                        CloudEvents.structured(
                                (START + "\"type\":\"t\"}").getBytes(StandardCharsets.UTF_16)))
                .hasMessageContaining("UTF-8");
        assertThatThrownBy(() -> CloudEvents.batched(bytes("{}"))).hasMessageContaining("list");
    }

    @Test
    void whatIsWrittenIsRead() {
        var event =
                new CloudEvent(
                        "1.0",
                        "i \"ü%",
                        "/s",
                        "t",
                        Optional.of("sub ject"),
                        Optional.of(Instant.parse("2026-01-02T03:04:05.678Z")),
                        Optional.of("application/json"),
                        Map.of("traceparent", "00-1"),
                        bytes("{\"a\":1.50}"));
        assertThat(CloudEvents.binaryHeaders(event))
                .filteredOn(header -> header.name().equals("ce-id"))
                .extracting(Header::text)
                .containsExactly("i%20%22%C3%BC%25");
        same(CloudEvents.read(CloudEvents.binaryHeaders(event), event.data()).getFirst(), event);
        same(CloudEvents.structured(CloudEvents.write(event)), event);
        var binary =
                new CloudEvent("1", "/s", "t", Optional.empty(), "image/png", new byte[] {0, -1});
        same(CloudEvents.structured(CloudEvents.write(binary)), binary);
    }

    private static void same(CloudEvent one, CloudEvent other) {
        assertThat(one).usingRecursiveComparison().isEqualTo(other);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
