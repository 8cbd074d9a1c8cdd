package io.millrace.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.PipelineSpec.BatchFormat;
import io.millrace.api.PipelineSpec.BucketAction;
import io.millrace.api.PipelineSpec.BucketBatch;
import io.millrace.api.PipelineSpec.BucketOutput;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectPlaceTest {

    private static final LogPartition PARTITION = new LogPartition("shop.source.camera.images", 2);
    private static final String ANSWER = "{\"label\":\"5\",\"kind\":\"a/b\",\"number\":7.0}";

    private static LogRecord record(@Nullable String key, Header... headers) {
        return new LogRecord(
                PARTITION,
                17,
                key == null ? null : key.getBytes(StandardCharsets.UTF_8),
                new byte[0],
                List.of(headers),
                1_795_219_199_999L);
    }

    private static LogRecord about(String key) {
        return record(
                key,
                Header.of(HeaderNames.OBJECT_BUCKET, "mnist"),
                Header.of(HeaderNames.OBJECT_KEY, key));
    }

    private static String place(BucketOutput output, LogRecord record, String answer) {
        var answers = new SliceAnswers();
        Address address = Address.of(output, Plans.KEY, answers);
        var batch = new Batch();
        batch.start(List.of(record));
        batch.beginItems();
        batch.addItem(0, answer.getBytes(StandardCharsets.UTF_8), Trails.NOTHING);
        batch.endItems();
        answers.start(batch.size());
        return address.declared(record, answers.at(batch, 0));
    }

    private static String put(String bucket, String key, LogRecord record) {
        return place(new BucketOutput(BucketAction.PUT, bucket, key), record, ANSWER);
    }

    @Test
    void filesAnObjectUnderItsClass() {
        LogRecord record = about("a b/0.png");

        assertThat(put("digit-{label}", "{key}", record)).isEqualTo("digit-5/a b/0.png");
        assertThat(put("{bucket}-out", "digit-{answer.number}/{key}.json", record))
                .isEqualTo("mnist-out/digit-7/a b/0.png.json");
        assertThat(place(new BucketOutput(BucketAction.DELETE, "", ""), record, "no JSON"))
                .isEqualTo("mnist/a b/0.png");
    }

    @Test
    void namesWhereTheRecordWasReadFirst() {
        assertThat(put("lake", "{date}/{partition}-{offset}", record("k")))
                .isEqualTo("lake/2026-11-20/shop.source.camera.images-2-17");

        var retries =
                new LogPartition(LogTopic.ofRetries(Plans.KEY.project(), Plans.KEY.name()), 0);
        var headers =
                new ArrayList<>(List.of(Header.of(HeaderNames.ORIGIN_POSITION, PARTITION + "/3")));
        var retried = new LogRecord(retries, 99, null, new byte[0], headers, 0);
        assertThat(put("lake", "{partition}-{offset}", retried))
                .isEqualTo("lake/shop.source.camera.images-2-3");
    }

    @Test
    void leavesTheOffsetsOfABatchOpen() {
        var output =
                new BucketOutput(
                        BucketAction.PUT,
                        "lake",
                        "{partition}-{offset}.json",
                        Optional.empty(),
                        true,
                        Optional.of(new BucketBatch(BatchFormat.JSON, 9, Duration.ofSeconds(1))));

        assertThat(place(output, record(null), ANSWER))
                .isEqualTo("lake/shop.source.camera.images-2-\0.json");
        var forged =
                new BucketOutput(
                        BucketAction.PUT,
                        "lake",
                        "{key}{partition}-{offset}",
                        Optional.empty(),
                        true,
                        output.batch());
        assertThatThrownBy(() -> place(forged, about("a\0"), ANSWER))
                .hasMessageContaining("must not hold the character U+0000");
    }

    @Test
    void aRecordWithoutAnObjectHasItsOwnKey() {
        assertThat(put("results", "{key}", record("mine"))).isEqualTo("results/mine");
        assertThatThrownBy(() -> put("results", "{key}", record(null)))
                .hasMessageContaining("the key of the object needs a key");
        assertThatThrownBy(() -> put("{bucket}", "x", record("mine")))
                .hasMessageContaining("needs the bucket of the record's object");
    }

    @Test
    void aLevelOfTheTopicWithTheNameComesFirst() {
        LogRecord record = record("k", Header.of(HeaderNames.CAPTURE_PREFIX + "label", "level"));

        assertThat(put("results", "{label}", record)).isEqualTo("results/level");
        assertThat(put("results", "{answer.number}", record)).isEqualTo("results/7");
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", "../x", "a/../b", "/etc", "a\n", "a\u0000b", "a/."})
    void refusesHostileKeys(String key) {
        assertThatThrownBy(() -> put("results", "{key}", about(key)))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID))
                .hasMessageContaining("a key must not");
    }

    @Test
    void refusesHostileNamesOfBuckets() {
        assertThatThrownBy(() -> put("digit-{answer.kind}", "k", about("k")))
                .hasMessageContaining("lower case letters")
                .hasMessageContaining("was 'digit-a/b'");
        assertThatThrownBy(() -> put("{key}", "k", about("..")))
                .hasMessageContaining("lower case letters");
        assertThatThrownBy(() -> put("{key}", "k", about("b".repeat(64))))
                .hasMessageContaining("3 to 63");
        assertThatThrownBy(() -> put("results", "{key}{key}", about("b".repeat(600))))
                .hasMessageContaining("at most 1024 bytes, was 1200");
    }

    @Test
    void saysWhatTheAnswerLacks() {
        var output = new BucketOutput(BucketAction.COPY, "digit-{label}", "{key}");

        assertThatThrownBy(() -> place(output, about("k"), "{\"index\":5}"))
                .hasMessageContaining("the name of the bucket: expected a JSON answer")
                .hasMessageContaining("it has only 'index'");
        assertThatThrownBy(() -> place(output, about("k"), "not JSON"))
                .hasMessageContaining("not JSON");
    }

    @Test
    void topicsTakeTheSameHoles() {
        var answers = new SliceAnswers();
        var output = new PipelineSpec.MqttOutput("out/{bucket}/{label}");
        Address address = Address.of(output, Plans.KEY, answers);

        assertThat(address.of(about("k"), field -> field == answers.field("label") ? "5" : "?"))
                .isEqualTo("out/mnist/5");
    }
}
