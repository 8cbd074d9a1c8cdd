package io.millrace.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.millrace.api.BucketConnection;
import io.millrace.api.DataSourceSpec;
import io.millrace.api.DataSourceSpec.Arrival;
import io.millrace.api.DataSourceSpec.Bucket;
import io.millrace.api.DataSourceSpec.SetUp;
import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ObjectFilter;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.codec.objects.ObjectEventJson;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import io.millrace.spi.ObjectEvent;
import io.millrace.spi.ObjectEvents.Received;
import io.millrace.spi.ObjectEvents.Request;
import io.millrace.spi.ObjectNotifications;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.Secrets;
import io.millrace.spi.SourceBinding;
import io.millrace.testkit.FakeObjectStores;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.LogFaults;
import io.millrace.testkit.RecordingEvents;
import io.millrace.testkit.RecordingMeters;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BucketSourceConnectorTest {

    private static final ProjectId SHOP = new ProjectId("shop");
    private static final ResourceName NAME = new ResourceName("uploads");
    private static final ResourceKey SOURCE = ResourceKey.of(Kind.DATA_SOURCE, SHOP, NAME);
    private static final String TOPIC = "shop.source.uploads.digits";
    private static final String REFUSED = LogTopic.ofRefused(SHOP, NAME);
    private static final BucketConnection FAR =
            new BucketConnection("http://far:9000", "us-east-1", Optional.empty(), true);

    @TempDir private Path folder;
    private final TimeSource time = TimeSource.system();
    private final InMemoryStreamLog log = InMemoryStreamLog.immediate(time, 2);
    private final FakeObjectStores stores = new FakeObjectStores();
    private final RecordingEvents events = new RecordingEvents();
    private final RecordingMeters meters = new RecordingMeters();
    private final Map<String, Secrets.Secret> secrets = new ConcurrentHashMap<>();
    private BucketSourceConnector connector;

    @BeforeEach
    void open() {
        log.ensureTopics(Set.of(TOPIC, "shop.source.uploads.small", "news"));
        connector = connector();
        connector.settled();
    }

    private BucketSourceConnector connector() {
        return new BucketSourceConnector(
                log,
                (_, _) -> {
                    throw new MillraceException(ErrorCode.UNAVAILABLE, "no clusters here");
                },
                stores,
                ObjectNotifications.none(),
                (_, name) -> Optional.ofNullable(secrets.get(name.value())),
                meters,
                events,
                time,
                "node",
                folder);
    }

    @AfterEach
    void close() {
        connector.close();
    }

    @Test
    void anEventIsARecordAndARepetitionIsNone() {
        start(http(Optional.empty()), filter("", ".png"));
        Received first = post(event("mnist", "a+b%2Bc.png", "s1"));
        assertThat(first).isEqualTo(new Received(1, 0, 0));
        assertThat(post(event("mnist", "a+b%2Bc.png", "s1"))).isEqualTo(new Received(0, 1, 0));
        assertThat(post(event("mnist", "a+b%2Bc.png", "s2"))).isEqualTo(new Received(1, 0, 0));
        assertThat(post(event("mnist", "a.jpg", "s1"))).isEqualTo(new Received(0, 1, 0));

        LogRecord record = records(TOPIC).getFirst();
        assertThat(header(record, HeaderNames.OBJECT_KEY)).isEqualTo("a b+c.png");
        assertThat(header(record, HeaderNames.OBJECT_BUCKET)).isEqualTo("mnist");
        assertThat(header(record, HeaderNames.OBJECT_ETAG)).isEqualTo("ebed");
        assertThat(header(record, HeaderNames.OBJECT_SIZE)).isEqualTo("324");
        assertThat(header(record, HeaderNames.SOURCE)).isEqualTo("shop/uploads");
        assertThat(header(record, HeaderNames.FIELD)).isEqualTo("digits");
        assertThat(new String(Objects.requireNonNull(record.key()), StandardCharsets.UTF_8))
                .isEqualTo("a b+c.png");
        assertThat(ObjectEventJson.read(record.value()).event().event())
                .isEqualTo("ObjectCreated:Put");
        assertThat(meters.total("millrace_source_received_total")).isEqualTo(2);
    }

    @Test
    void anotherProcessKnowsWhatWasTaken() {
        start(http(Optional.empty()), filter("", ""));
        assertThat(post(event("mnist", "a.png", "s1")).stored()).isEqualTo(1);
        connector.close();
        connector = connector();
        start(http(Optional.empty()), filter("", ""));
        assertThat(post(event("mnist", "a.png", "s1")).passedOver()).isEqualTo(1);
        assertThat(records(TOPIC)).hasSize(1);
    }

    @Test
    void forgedAndUnreadableEventsAreKeptWithTheReason() {
        start(http(Optional.empty()), filter("", ""));
        assertThat(post(event("secrets", "a.png", "s1"))).isEqualTo(new Received(0, 0, 1));
        assertThat(post(event("mnist", "..%2F..%2Fetc%2Fpasswd", "s1")).refused()).isEqualTo(1);
        assertThat(post(event("mnist", "%2e%2e/x", "s1")).refused()).isEqualTo(1);
        assertThat(post("no JSON").refused()).isEqualTo(1);
        assertThat(post("").stored()).isZero();
        assertThat(post("{\"Service\":\"Amazon S3\",\"Event\":\"s3:TestEvent\",\"Bucket\":\"b\"}"))
                .isEqualTo(new Received(0, 0, 0));

        assertThat(records(TOPIC)).isEmpty();
        assertThat(records(REFUSED)).hasSize(4);
        assertThat(header(records(REFUSED).getFirst(), HeaderNames.DEAD_CODE)).isEqualTo("DENIED");
        assertThat(header(records(REFUSED).getFirst(), HeaderNames.DEAD_REASON))
                .contains("bucket 'secrets'");
        assertThat(events.reasons(SOURCE)).contains("EventRefused", "TestMessage");
        assertThat(stores.calls()).isEmpty();
    }

    @Test
    void sendersProveWhoTheyAre() {
        secrets.put(
                "sender",
                new Secrets.Secret(
                        Map.of(
                                "token", "t0ken",
                                "user", "u",
                                "password", "p",
                                "path", "s3cret",
                                "opaqueData", "opaque")));
        start(http(Optional.of(new ResourceName("sender"))), filter("", ""));
        String body = event("mnist", "a.png", "s1");
        denied(request(body, ""));
        denied(request(body, "wrong"));
        denied(request(body, "", Header.of("authorization", "Bearer wrong")));
        denied(request("no JSON", ""));
        assertThat(records(TOPIC)).isEmpty();

        assertThat(receive(request(body, "s3cret")).stored()).isEqualTo(1);
        assertThat(
                        receive(request(body, "", Header.of("authorization", "Bearer t0ken")))
                                .passedOver())
                .isEqualTo(1);
        assertThat(receive(request(body, "", Header.of("authorization", "t0ken"))).passedOver())
                .isEqualTo(1);
        assertThat(
                        receive(request(body, "", Header.of("authorization", "Basic dTpw")))
                                .passedOver())
                .isEqualTo(1);
        String opaque =
                body.replace("\"eventVersion\"", "\"opaqueData\":\"opaque\",\"eventVersion\"");
        assertThat(receive(request(opaque, "")).passedOver()).isEqualTo(1);
        assertThat(meters.total("millrace_bucket_senders_denied_total")).isEqualTo(4);
        assertThat(new String(records(TOPIC).getFirst().value(), StandardCharsets.UTF_8))
                .doesNotContain("opaque\"");
    }

    @Test
    void nothingIsAnsweredBeforeTheLogHasIt() {
        start(http(Optional.empty()), filter("", ""));
        assertThat(post(event("mnist", "a.png", "s0")).stored()).isEqualTo(1);
        log.withFaults(LogFaults.none().losingAppends(_ -> true));
        assertThatExceptionOfType(MillraceException.class)
                .isThrownBy(() -> post(event("mnist", "a.png", "s1")))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
        log.withFaults(LogFaults.none());
        assertThat(post(event("mnist", "a.png", "s1")).stored()).isEqualTo(1);
    }

    @Test
    void whatAnEventDoesNotSayIsAskedFromTheStore() {
        var store = stores.quiet(SHOP, Optional.of(FAR));
        store.ensureBucket("mnist");
        store.put("mnist", "left.png", new byte[324], "image/png", Map.of("camera", "left"));
        store.put("mnist", "right.png", new byte[324], "image/png", Map.of("camera", "right"));
        start(
                http(Optional.empty()),
                new ObjectFilter(
                        "",
                        "",
                        false,
                        Optional.empty(),
                        Map.of("camera", "left"),
                        Map.of(),
                        ObjectFilter.CREATED,
                        OptionalLong.of(1),
                        OptionalLong.empty()));
        assertThat(post(plain("left.png")).stored()).isEqualTo(1);
        assertThat(post(plain("right.png")).passedOver()).isEqualTo(1);
        assertThat(post(plain("gone.png")).refused()).isEqualTo(1);
        assertThat(header(records(REFUSED).getFirst(), HeaderNames.DEAD_CODE))
                .isEqualTo("NOT_FOUND");
    }

    private static String plain(String key) {
        return event("mnist", key, "s1").replace(",\"eTag\":\"ebed\"", "");
    }

    @Test
    void anExpressionThatFindsNoEndCostsOneEvent() {
        start(
                http(Optional.empty()),
                new ObjectFilter(
                        "",
                        "",
                        false,
                        Optional.of("(.*)(.*)(.*)(.*)(.*)b"),
                        Map.of(),
                        Map.of(),
                        ObjectFilter.CREATED,
                        OptionalLong.empty(),
                        OptionalLong.empty()));
        assertThat(post(event("mnist", "a".repeat(200) + "c", "s1")).refused()).isEqualTo(1);
        assertThat(post(event("mnist", "aab", "s1")).stored()).isEqualTo(1);
    }

    @Test
    void eventsComeFromATopic() {
        start(
                new DataSourceSpec.OverKafka(Optional.empty(), "news", Optional.empty()),
                filter("", ".png"));
        put("news", event("mnist", "0.png", "s1"));
        put("news", "garbage");
        put("news", event("mnist", "0.png", "s1"));
        put("news", event("mnist", "1.png", "s1"));
        await().untilAsserted(() -> {
            assertThat(records(TOPIC)).hasSize(2);
            assertThat(records(REFUSED)).hasSize(1);
            assertThat(
                            log.committed("millrace.shop.uploads").values().stream()
                                    .mapToLong(Long::longValue)
                                    .sum())
                    .isEqualTo(4);
        });
    }

    @Test
    void aStoreThatCannotTellIsLookedAt() {
        var store = stores.quiet(SHOP, Optional.of(FAR));
        store.ensureBucket("mnist");
        store.put("mnist", "0.png", new byte[1], "image/png", Map.of());
        store.put("mnist", "0.txt", new byte[1], "text/plain", Map.of());
        var polled = new DataSourceSpec.Polled(Duration.ofMillis(20));
        start(polled, filter("", ".png"));
        await().until(() -> records(TOPIC).size() == 1);
        store.put("mnist", "1.png", new byte[2], "image/png", Map.of());
        await().until(() -> records(TOPIC).size() == 2);
        connector.close();

        connector = connector();
        start(polled, filter("", ".png"));
        store.put("mnist", "0.png", new byte[3], "image/png", Map.of());
        await().until(() -> records(TOPIC).size() == 3);
        connector.stop(SOURCE);
        assertThat(folder.resolve("shop").resolve("uploads")).doesNotExist();
    }

    @Test
    void theStoreInsideIsHeardOnceSourcesAreKnown() {
        connector.close();
        connector = connector();
        var news = news("photos", "a.png");
        assertThatExceptionOfType(MillraceException.class)
                .isThrownBy(() -> connector.happened(SHOP, news))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
        connector.start(
                new SourceBinding(
                        SOURCE,
                        new Bucket(),
                        List.of(
                                new SourceBinding.Route(
                                        new ResourceName("digits"),
                                        "photos",
                                        TOPIC,
                                        Optional.of(filter("", ""))))));
        connector.settled();
        connector.happened(SHOP, news);
        connector.happened(SHOP, news);
        connector.happened(SHOP, news("others", "a.png"));
        connector.happened(new ProjectId("other"), news("photos", "b.png"));
        assertThat(records(TOPIC)).hasSize(1);
        assertThat(records(REFUSED)).isEmpty();
        assertThat(connector.storeOf(SHOP, NAME, "photos", "x")).isEmpty();
        assertThatExceptionOfType(MillraceException.class)
                .isThrownBy(() -> connector.storeOf(SHOP, NAME, "others", "x"))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.DENIED));
    }

    private static ObjectEvent news(String bucket, String key) {
        return new ObjectEvent(
                "millrace:s3",
                bucket,
                key,
                key,
                "ObjectCreated:Put",
                OptionalLong.of(3),
                Optional.of("e"),
                Optional.empty(),
                Optional.of("1"),
                Optional.empty(),
                Instant.EPOCH,
                Map.of(),
                Map.of(),
                Optional.empty());
    }

    // ---- helpers

    private void start(Arrival arrival, ObjectFilter filter) {
        connector.start(
                new SourceBinding(
                        SOURCE,
                        new Bucket(
                                Optional.of(FAR),
                                arrival,
                                SetUp.NONE,
                                DataSourceSpec.Keys.AUTO,
                                DataSourceSpec.Content.INLINE,
                                Bucket.DEFAULT_LIMIT),
                        List.of(
                                new SourceBinding.Route(
                                        new ResourceName("digits"),
                                        "mnist",
                                        TOPIC,
                                        Optional.of(filter)))));
    }

    private static Arrival http(Optional<ResourceName> secret) {
        return new DataSourceSpec.OverHttp(secret, false);
    }

    private static ObjectFilter filter(String prefix, String suffix) {
        return new ObjectFilter(
                prefix,
                suffix,
                false,
                Optional.empty(),
                Map.of(),
                Map.of(),
                ObjectFilter.CREATED,
                OptionalLong.empty(),
                OptionalLong.empty());
    }

    private static String event(String bucket, String key, String sequencer) {
        return """
        {"Records":[{"eventVersion":"2.0","eventSource":"aws:s3","eventTime":"2024-05-01T12:00:00.000Z",
         "eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":"%s"},
         "object":{"key":"%s","size":324,"eTag":"ebed","sequencer":"%s"}}}]}
        """
                .formatted(bucket, key, sequencer)
                .replace("\n", "");
    }

    private Received post(String body) {
        return receive(request(body, ""));
    }

    private Received receive(Request request) {
        return connector.receive(SHOP, NAME, request);
    }

    private static Request request(String body, String path, Header... headers) {
        return new Request(
                List.of(headers), path, "10.0.0.9", false, body.getBytes(StandardCharsets.UTF_8));
    }

    private void denied(Request request) {
        assertThatExceptionOfType(MillraceException.class)
                .isThrownBy(() -> receive(request))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.DENIED));
    }

    private void put(String topic, String value) {
        log.append(
                new OutgoingRecord(
                        topic,
                        null,
                        value.getBytes(StandardCharsets.UTF_8),
                        List.of(),
                        time.epochMillis()),
                failure -> assertThat(failure).isNull());
    }

    private List<LogRecord> records(String topic) {
        return log.records(topic);
    }

    private static @Nullable String header(LogRecord record, String name) {
        return Header.find(record.headers(), name);
    }
}
