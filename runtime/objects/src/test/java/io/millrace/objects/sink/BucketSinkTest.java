package io.millrace.objects.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.BucketConnection;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.BucketAction;
import io.millrace.api.PipelineSpec.BucketOutput;
import io.millrace.api.PipelineSpec.MqttOutput;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.ObjectOrigins;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.ObjectStore.ObjectInfo;
import io.millrace.spi.ObjectStore.ObjectRef;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import io.millrace.testkit.FakeObjectStores;
import io.millrace.testkit.FakeObjectStores.Call;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.TestingTime;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(30)
class BucketSinkTest {

    private static final ProjectId SHOP = new ProjectId("shop");
    private static final BucketConnection MINIO =
            new BucketConnection("http://minio:9000", "us-east-1", Optional.empty(), true);
    private static final BucketConnection OTHER =
            new BucketConnection("http://ceph:8080", "us-east-1", Optional.empty(), true);
    private static final String SOURCE = "shop/camera";

    private final FakeObjectStores stores = new FakeObjectStores();
    private final TestingTime time = new TestingTime();
    private final RecordingMeters meters = new RecordingMeters();
    private final List<Sink> opened = new ArrayList<>();
    private ObjectOrigins origins = (_, _, _, _) -> Optional.of(MINIO);

    @AfterEach
    void closesAllStores() {
        opened.forEach(Sink::close);
        opened.forEach(Sink::close);
        assertThat(stores.open()).isZero();
    }

    private Sink open(BucketOutput output) {
        Sink sink =
                new BucketSinkConnector(
                                stores, (p, s, b, k) -> origins.storeOf(p, s, b, k), time, meters)
                        .open(SHOP, output)
                        .orElseThrow();
        opened.add(sink);
        return sink;
    }

    private Sink open(BucketAction action) {
        return open(new BucketOutput(action, "digit-{label}", "{key}"));
    }

    private ObjectStore minio() {
        return stores.quiet(SHOP, Optional.of(MINIO));
    }

    private String given(String key, String content) {
        minio().ensureBucket("mnist");
        return minio().put("mnist", key, bytes(content), "image/png", Map.of("camera", "7"));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static OutputRecord about(String destination, String key, String etag) {
        return about(destination, key, etag, SOURCE);
    }

    private static OutputRecord about(String destination, String key, String etag, String source) {
        return new OutputRecord(
                destination,
                bytes(key),
                bytes("{\"label\":\"5\"}"),
                List.of(
                        Header.of(HeaderNames.SOURCE, source),
                        Header.of(HeaderNames.OBJECT_BUCKET, "mnist"),
                        Header.of(HeaderNames.OBJECT_KEY, key),
                        Header.of(HeaderNames.OBJECT_ETAG, etag),
                        Header.of(HeaderNames.OBJECT_SIZE, "1"),
                        Header.of(HeaderNames.PROVENANCE, "shop/p t/0/1 2 model/m@1")),
                0);
    }

    private Optional<ObjectInfo> find(String bucket, String key) {
        return minio().head(new ObjectRef(bucket, key));
    }

    private static ItemFailure only(List<ItemFailure> failures) {
        assertThat(failures).hasSize(1);
        return failures.getFirst();
    }

    @Test
    void putsAnAnswerWhereTheObjectCameFromAndSaysWhereItIsFrom() {
        assertThat(open(BucketAction.PUT).write(List.of(about("results/ä 0.json", "ä 0.png", "e"))))
                .isEmpty();

        ObjectInfo info = find("results", "ä 0.json").orElseThrow();
        assertThat(info.contentType()).isEqualTo("application/json");
        assertThat(info.metadata())
                .containsEntry("millrace-provenance", "shop/p t/0/1 2 model/m@1")
                .containsEntry("millrace-object", "mnist/%C3%A4%200.png");
    }

    @Test
    void aRecordAboutNoObjectGoesToTheEmbeddedStore() {
        var record = new OutputRecord("results/x", null, bytes("x"), List.of(), 0);

        assertThat(open(BucketAction.PUT).write(List.of(record))).isEmpty();

        assertThat(stores.quiet(SHOP, Optional.empty()).head(new ObjectRef("results", "x")))
                .hasValueSatisfying(info ->
                        assertThat(info.contentType()).isEqualTo("text/plain; charset=utf-8"));
        assertThat(only(open(BucketAction.COPY).write(List.of(record))).reason())
                .contains("copy needs a record that is about an object")
                .contains("bucket data source");
    }

    @Test
    void copiesTheObjectUnderItsClassOnceOrTwice() {
        String etag = given("0.png", "5");
        Sink sink = open(BucketAction.COPY);

        assertThat(sink.write(List.of(about("digit-5/0.png", "0.png", etag)))).isEmpty();
        assertThat(sink.write(List.of(about("digit-5/0.png", "0.png", etag)))).isEmpty();

        assertThat(find("digit-5", "0.png").orElseThrow().metadata()).containsEntry("camera", "7");
        assertThat(find("digit-5", "0.png").orElseThrow().etag()).isEqualTo(etag);
        assertThat(find("mnist", "0.png")).isPresent();
        assertThat(stores.calls()).filteredOn(c -> c.operation().equals("ensure")).hasSize(1);
    }

    @Test
    void movesAndDeletes() {
        String etag = given("0.png", "5");

        assertThat(open(BucketAction.MOVE).write(List.of(about("digit-5/0.png", "0.png", etag))))
                .isEmpty();
        assertThat(find("digit-5", "0.png")).isPresent();
        assertThat(find("mnist", "0.png")).isEmpty();

        String other = given("1.png", "1");
        Sink delete = open(new BucketOutput(BucketAction.DELETE, "", ""));
        assertThat(delete.write(List.of(about("mnist/1.png", "1.png", other)))).isEmpty();
        assertThat(delete.write(List.of(about("mnist/1.png", "1.png", other)))).isEmpty();
        assertThat(find("mnist", "1.png")).isEmpty();
    }

    /** The process ends between the steps of a move; each time the record comes again. */
    @ParameterizedTest
    @EnumSource(CrashPoint.class)
    void aMoveThatWasInterruptedIsFinishedByTheNextTry(CrashPoint point) {
        String etag = given("0.png", "5");
        var hasCrashed = new AtomicBoolean();
        stores.before(call -> point.crash(call, true, hasCrashed))
                .after(call -> point.crash(call, false, hasCrashed));
        Sink sink = open(BucketAction.MOVE);
        var record = about("digit-5/0.png", "0.png", etag);

        ItemFailure failure = only(sink.write(List.of(record)));
        assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(find("mnist", "0.png").isPresent() || find("digit-5", "0.png").isPresent())
                .isTrue();

        assertThat(sink.write(List.of(record))).isEmpty();
        assertThat(sink.write(List.of(record))).isEmpty();
        assertThat(find("digit-5", "0.png").orElseThrow().etag()).isEqualTo(etag);
        assertThat(find("mnist", "0.png")).isEmpty();
        assertThat(hasCrashed).isTrue();
    }

    enum CrashPoint {
        BEFORE_COPY,
        AFTER_COPY,
        BEFORE_DELETE,
        AFTER_DELETE;

        void crash(Call call, boolean isBefore, AtomicBoolean hasCrashed) {
            boolean isHere =
                    name().equalsIgnoreCase((isBefore ? "before_" : "after_") + call.operation());
            if (isHere && hasCrashed.compareAndSet(false, true)) {
                throw new MillraceException(ErrorCode.UNAVAILABLE, "gone");
            }
        }
    }

    @Test
    void aMoveThatIsRepeatedLeavesWhatHasComeSince() {
        String etag = given("0.png", "5");
        Sink sink = open(BucketAction.MOVE);
        var record = about("digit-5/0.png", "0.png", etag);
        assertThat(sink.write(List.of(record))).isEmpty();
        String newer = given("0.png", "newer");

        assertThat(sink.write(List.of(record))).isEmpty();

        assertThat(find("mnist", "0.png").orElseThrow().etag()).isEqualTo(newer);
        assertThat(find("digit-5", "0.png").orElseThrow().etag()).isEqualTo(etag);
    }

    @Test
    void anObjectThatHasChangedOrGoneIsExplainedAndTheOthersGoOn() {
        String old = given("0.png", "old");
        given("0.png", "new");
        String good = given("1.png", "1");
        Sink copy = open(BucketAction.COPY);

        List<ItemFailure> failures =
                copy.write(
                        List.of(
                                about("digit-5/0.png", "0.png", old),
                                about("digit-5/gone.png", "gone.png", "e"),
                                about("digit-5/1.png", "1.png", good)));

        assertThat(failures)
                .extracting(ItemFailure::index, ItemFailure::code)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(0, ErrorCode.CONFLICT),
                        org.assertj.core.groups.Tuple.tuple(1, ErrorCode.NOT_FOUND));
        assertThat(failures.get(0).reason())
                .contains("s3://mnist/0.png has another content", old, "a later event");
        assertThat(failures.get(1).reason())
                .contains("s3://mnist/gone.png is not there any more", "deleted or moved");
        assertThat(find("digit-5", "1.png")).isPresent();
        assertThat(find("digit-5", "0.png")).isEmpty();

        ItemFailure kept =
                only(
                        open(new BucketOutput(BucketAction.DELETE, "", ""))
                                .write(List.of(about("mnist/0.png", "0.png", old))));
        assertThat(kept.code()).isEqualTo(ErrorCode.CONFLICT);
        assertThat(kept.reason()).contains("is not deleted");
        assertThat(find("mnist", "0.png")).isPresent();
    }

    @Test
    void refusesToMoveAnObjectOntoItself() {
        String etag = given("0.png", "5");

        ItemFailure failure =
                only(open(BucketAction.MOVE).write(List.of(about("mnist/0.png", "0.png", etag))));

        assertThat(failure.code()).isEqualTo(ErrorCode.INVALID);
        assertThat(find("mnist", "0.png")).isPresent();
    }

    @Test
    void movesFromOneStoreToAnother() {
        String etag = given("0.png", "5");
        Sink sink =
                open(
                        new BucketOutput(
                                BucketAction.MOVE,
                                "digit-{label}",
                                "{key}",
                                Optional.of(OTHER),
                                true,
                                Optional.empty()));
        var record = about("digit-5/0.png", "0.png", etag);

        assertThat(sink.write(List.of(record))).isEmpty();
        assertThat(sink.write(List.of(record))).isEmpty();

        ObjectInfo there =
                stores.quiet(SHOP, Optional.of(OTHER))
                        .head(new ObjectRef("digit-5", "0.png"))
                        .orElseThrow();
        assertThat(there.contentType()).isEqualTo("image/png");
        assertThat(there.metadata()).containsEntry("camera", "7");
        assertThat(find("mnist", "0.png")).isEmpty();
    }

    @Test
    void withoutLeaveToMakeABucketItSaysWhichIsMissing() {
        String etag = given("0.png", "5");
        var copy =
                new BucketOutput(
                        BucketAction.COPY, "x", "k", Optional.empty(), false, Optional.empty());
        var put =
                new BucketOutput(
                        BucketAction.PUT, "x", "k", Optional.empty(), false, Optional.empty());

        for (BucketOutput output : List.of(copy, put)) {
            ItemFailure failure =
                    only(open(output).write(List.of(about("digit-5/0.png", "0.png", etag))));
            assertThat(failure.code()).isEqualTo(ErrorCode.NOT_FOUND);
            assertThat(failure.reason())
                    .contains("the bucket 'digit-5' does not exist", "create: false");
        }
        minio().ensureBucket("digit-5");
        assertThat(open(copy).write(List.of(about("digit-5/0.png", "0.png", etag)))).isEmpty();
    }

    @Test
    void answersCannotMakeBucketsWithoutEnd() {
        var batch = new ArrayList<OutputRecord>();
        for (int i = 0; i <= KnownBuckets.MOST; i++) {
            batch.add(about("b" + i + "00/k", "k" + i, "e"));
        }

        ItemFailure failure = only(open(BucketAction.PUT).write(batch));

        assertThat(failure.code()).isEqualTo(ErrorCode.INVALID);
        assertThat(failure.reason()).contains("1000 buckets");
    }

    @Test
    void forgedAndStrangeOriginsReadNothing() {
        String etag = given("0.png", "5");
        Sink sink = open(BucketAction.COPY);

        assertThat(only(sink.write(List.of(about("x00/k", "0.png", etag, "bank/vault")))).reason())
                .contains("not from which bucket data source of project 'shop'");
        origins =
                (_, source, _, _) -> {
                    assertThat(source).isEqualTo(new ResourceName("camera"));
                    throw new MillraceException(ErrorCode.DENIED, "no field for it");
                };
        assertThat(only(sink.write(List.of(about("x00/k", "0.png", etag)))).code())
                .isEqualTo(ErrorCode.DENIED);
        assertThat(stores.calls()).isEmpty();
    }

    @Test
    void aStoreThatIsAwayOrCannotBeOpenedIsWaitedFor() {
        String etag = given("0.png", "5");
        Sink sink = open(BucketAction.COPY);
        stores.before(_ -> {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "503 slow down");
        });
        assertThat(only(sink.write(List.of(about("digit-5/0.png", "0.png", etag)))).code())
                .isEqualTo(ErrorCode.UNAVAILABLE);

        var broken =
                new BucketSinkConnector(
                                (_, _) -> {
                                    throw MillraceException.invalid("the secret is missing");
                                },
                                origins,
                                time,
                                meters)
                        .open(SHOP, new BucketOutput(BucketAction.COPY, "x00", "k"))
                        .orElseThrow();
        opened.add(broken);
        ItemFailure failure = only(broken.write(List.of(about("x00/k", "0.png", etag))));
        assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(failure.reason()).contains("the secret is missing");
    }

    @Test
    void anOutputWhoseOwnStoreCannotBeOpenedDoesNotStart() {
        var connector =
                new BucketSinkConnector(
                        (_, _) -> {
                            throw MillraceException.invalid("the secret is missing");
                        },
                        origins,
                        time,
                        meters);
        var output =
                new BucketOutput(
                        BucketAction.PUT, "x00", "k", Optional.of(OTHER), true, Optional.empty());

        assertThatThrownBy(() -> connector.open(SHOP, output)).hasMessageContaining("secret");
        assertThat(connector.open(SHOP, new MqttOutput("x"))).isEmpty();
    }

    @Test
    void writesSeveralAtOnceAndKeepsTheOrderOfEachKey() throws InterruptedException {
        var together = new CountDownLatch(4);
        var atOnce = new AtomicInteger();
        var most = new AtomicInteger();
        stores.before(
                        call -> {
                            if (call.operation().equals("put")) {
                                most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                                together.countDown();
                                waitFor(together);
                            }
                        })
                .after(call -> {
                    if (call.operation().equals("put")) {
                        atOnce.decrementAndGet();
                    }
                });
        var batch = new ArrayList<OutputRecord>();
        for (int i = 0; i < 40; i++) {
            var value = bytes("value " + i);
            batch.add(
                    new OutputRecord("results/" + i % 4, bytes("k" + i % 4), value, List.of(), 0));
        }

        assertThat(open(BucketAction.PUT).write(batch)).isEmpty();

        assertThat(together.await(0, TimeUnit.SECONDS)).isTrue();
        assertThat(most.get()).isBetween(2, 4);
        for (int key = 0; key < 4; key++) {
            String place = Integer.toString(key);
            assertThat(stores.calls())
                    .filteredOn(c -> c.operation().equals("put") && c.key().equals(place))
                    .extracting(Call::content)
                    .containsExactlyElementsOf(
                            batch.stream()
                                    .filter(r -> r.destination().endsWith("/" + place))
                                    .map(r -> new String(r.value(), StandardCharsets.UTF_8))
                                    .toList());
        }
    }

    private static void waitFor(CountDownLatch latch) {
        await().until(() -> latch.getCount() == 0);
    }

    @Test
    void makesABucketAgainThatSomebodyHasRemoved() {
        Sink sink = open(BucketAction.PUT);
        assertThat(sink.write(List.of(about("results/a", "a", "e")))).isEmpty();
        var hasFailed = new AtomicBoolean();
        stores.before(call -> {
            if (call.operation().equals("put") && hasFailed.compareAndSet(false, true)) {
                throw MillraceException.notFound("no bucket");
            }
        });

        assertThat(sink.write(List.of(about("results/b", "b", "e")))).isEmpty();

        assertThat(stores.calls()).filteredOn(c -> c.operation().equals("ensure")).hasSize(2);
        assertThat(find("results", "b")).isPresent();
    }
}
