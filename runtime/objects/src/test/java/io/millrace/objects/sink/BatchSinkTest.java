package io.millrace.objects.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.BatchFormat;
import io.millrace.api.PipelineSpec.BucketAction;
import io.millrace.api.PipelineSpec.BucketBatch;
import io.millrace.api.PipelineSpec.BucketOutput;
import io.millrace.api.ProjectId;
import io.millrace.spi.GatheringSink;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.LogPartition;
import io.millrace.spi.ObjectStore.ObjectInfo;
import io.millrace.spi.ObjectStore.ObjectRef;
import io.millrace.spi.OutputRecord;
import io.millrace.testkit.FakeObjectStores;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.TestingTime;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BatchSinkTest {

    private static final ProjectId SHOP = new ProjectId("shop");
    private static final LogPartition ZERO = new LogPartition("t", 0);
    private static final LogPartition ONE = new LogPartition("t", 1);

    private final FakeObjectStores stores = new FakeObjectStores();
    private final TestingTime time = new TestingTime();

    private GatheringSink open(BatchFormat format, int records) {
        var output =
                new BucketOutput(
                        BucketAction.PUT,
                        "lake",
                        "{partition}-{offset}",
                        Optional.empty(),
                        true,
                        Optional.of(new BucketBatch(format, records, Duration.ofSeconds(60))));
        return (GatheringSink)
                new BucketSinkConnector(
                                stores,
                                (_, _, _, _) -> Optional.empty(),
                                time,
                                new RecordingMeters())
                        .open(SHOP, output)
                        .orElseThrow();
    }

    private static OutputRecord record(LogPartition partition, long offset, String answer) {
        return new OutputRecord(
                "lake/t-" + partition.index() + "-" + GatheringSink.OFFSETS,
                "k".getBytes(StandardCharsets.UTF_8),
                answer.getBytes(StandardCharsets.UTF_8),
                List.of(),
                1_000,
                false,
                partition,
                offset);
    }

    private List<String> keys() {
        return stores.quiet(SHOP, Optional.empty()).list("lake", "", "", 100).stream()
                .map(ObjectInfo::key)
                .toList();
    }

    private String content(String key) {
        byte[] bytes =
                stores.quiet(SHOP, Optional.empty())
                        .get(new ObjectRef("lake", key), 10_000)
                        .bytes();
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Test
    void storesAFullBatchUnderWhatItHolds() {
        GatheringSink sink = open(BatchFormat.JSON, 2);

        assertThat(
                        sink.write(
                                List.of(
                                        record(ZERO, 5, "{ \"label\" : \"a b\",\n \"x\": [1, 2] }"),
                                        record(ZERO, 7, "5"),
                                        record(ZERO, 8, "{\"label\":\"c\"}"))))
                .isEmpty();
        assertThat(sink.isHolding()).isTrue();
        assertThat(sink.isDue()).isTrue();
        assertThat(stores.calls()).isEmpty();

        sink.store();

        assertThat(sink.isHolding()).isFalse();
        assertThat(sink.isDue()).isFalse();
        assertThat(keys()).containsExactly("t-0-5-7", "t-0-8-8");
        assertThat(content("t-0-5-7"))
                .isEqualTo(
                        """
                        {"_key":"k","_time":"1970-01-01T00:00:01Z","_partition":"t-0","_offset":5,"label":"a b","x":[1,2]}
                        {"_key":"k","_time":"1970-01-01T00:00:01Z","_partition":"t-0","_offset":7,"answer":5}
                        """);
        sink.close();
        assertThat(stores.open()).isZero();
    }

    @Test
    void isDueWhenTheFirstHasWaitedEnough() {
        GatheringSink sink = open(BatchFormat.JSON, 100);
        assertThat(sink.write(List.of(record(ZERO, 1, "{}")))).isEmpty();
        assertThat(sink.isDue()).isFalse();

        time.advance(Duration.ofSeconds(59));
        assertThat(sink.isDue()).isFalse();
        time.advance(Duration.ofSeconds(1));

        assertThat(sink.isDue()).isTrue();
        sink.store();
        assertThat(keys()).containsExactly("t-0-1-1");
        time.advance(Duration.ofHours(1));
        assertThat(sink.isDue()).isFalse();
    }

    @Test
    void writesCsvWithTheFieldsOfAll() {
        GatheringSink sink = open(BatchFormat.CSV, 100);
        assertThat(
                        sink.write(
                                List.of(
                                        record(ZERO, 1, "{\"label\":\"a,\\\"b\\\"\",\"n\":1.5}"),
                                        record(ZERO, 2, "{\"n\":null,\"more\":[1,2]}"))))
                .isEmpty();
        sink.store();

        assertThat(content("t-0-1-2"))
                .isEqualTo(
                        "_key,_time,_partition,_offset,label,n,more\r\n"
                                + "k,1970-01-01T00:00:01Z,t-0,1,\"a,\"\"b\"\"\",1.5,\r\n"
                                + "k,1970-01-01T00:00:01Z,t-0,2,,,\"[1,2]\"\r\n");
    }

    @Test
    void anAnswerThatIsNoJsonFailsAloneAndAtOnce() {
        GatheringSink sink = open(BatchFormat.JSON, 100);

        List<ItemFailure> failures =
                sink.write(
                        List.of(
                                record(ZERO, 1, "{}"),
                                record(ZERO, 2, "no JSON"),
                                record(ZERO, 3, "{}")));

        assertThat(failures).hasSize(1);
        assertThat(failures.getFirst().index()).isEqualTo(1);
        assertThat(failures.getFirst().code()).isEqualTo(ErrorCode.INVALID);
        assertThat(failures.getFirst().reason()).contains("expected a JSON answer");
        sink.store();
        assertThat(keys()).containsExactly("t-0-1-3");
    }

    @Test
    void storesTheRestAfterAFailureAndNothingTwice() {
        GatheringSink sink = open(BatchFormat.JSON, 100);
        assertThat(sink.write(List.of(record(ZERO, 1, "{}"), record(ONE, 1, "{}")))).isEmpty();
        stores.before(call -> {
            if (call.key().startsWith("t-1")) {
                throw new MillraceException(ErrorCode.UNAVAILABLE, "503");
            }
        });

        assertThatThrownBy(sink::store).hasMessageContaining("503");
        assertThat(sink.isHolding()).isTrue();
        assertThat(sink.isDue()).isTrue();
        stores.before(_ -> {});
        sink.store();

        assertThat(keys()).containsExactly("t-0-1-1", "t-1-1-1");
        assertThat(stores.calls())
                .filteredOn(c -> c.operation().equals("put") && c.key().startsWith("t-0"))
                .hasSize(1);
    }

    @Test
    void forgetsWhatIsAnotherTasksNow() {
        GatheringSink sink = open(BatchFormat.JSON, 100);
        assertThat(sink.write(List.of(record(ZERO, 1, "{}"), record(ONE, 1, "{}")))).isEmpty();

        sink.forget(Set.of(ZERO));
        sink.store();

        assertThat(keys()).containsExactly("t-1-1-1");
    }

    @Test
    void saysWhichObjectAnAnswerIsAbout() {
        GatheringSink sink = open(BatchFormat.JSON, 100);
        var record =
                new OutputRecord(
                        "lake/t-0-" + GatheringSink.OFFSETS,
                        null,
                        "{}".getBytes(StandardCharsets.UTF_8),
                        List.of(
                                Header.of(HeaderNames.SOURCE, "shop/camera"),
                                Header.of(HeaderNames.OBJECT_BUCKET, "mnist"),
                                Header.of(HeaderNames.OBJECT_KEY, "a\"b.png")),
                        0,
                        false,
                        ZERO,
                        1);
        assertThat(sink.write(List.of(record))).isEmpty();
        sink.store();

        assertThat(content("t-0-1-1")).startsWith("{\"_bucket\":\"mnist\",\"_key\":\"a\\\"b.png\"");
    }

    @Test
    void refusesParquetByName() {
        assertThatThrownBy(() -> open(BatchFormat.PARQUET, 1))
                .hasMessageContaining("parquet")
                .hasMessageContaining("json or csv");
    }
}
