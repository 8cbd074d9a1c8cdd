package io.millrace.embedded.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.spi.ObjectEvent;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.ObjectStore.ObjectRef;
import io.millrace.spi.ObjectStoreHost.Credential;
import io.millrace.testkit.RecordingMeters;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.ObjectCannedACL;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** The store as clients with Amazon's SDK and parts of this process see it. */
@Timeout(120)
class S3ClientTest {

    private static final ProjectId SHOP = new ProjectId("shop");
    private static final ProjectId OTHER = new ProjectId("other");
    private static final ResourceName ME = new ResourceName("me");
    private static final String BUCKET = "goods";

    @TempDir private Path folder;

    private final ConcurrentLinkedQueue<ObjectEvent> events = new ConcurrentLinkedQueue<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private EmbeddedObjectStore store;
    private Credential me;
    private S3Client client;

    @BeforeEach
    void open() {
        store = openStore();
        me = store.make(SHOP, ME);
        client = client(me.user().accessKey(), me.secretKey());
        client.createBucket(b -> b.bucket(BUCKET));
    }

    private EmbeddedObjectStore openStore() {
        var made =
                EmbeddedObjectStore.open(
                        new EmbeddedS3Config(folder.resolve("s3"), DataSize.ofMebibytes(1)),
                        TimeSource.system(),
                        IdSource.random(),
                        new RecordingMeters());
        opened.add(made);
        made.listen("127.0.0.1", 0);
        opened.add(made.tell((_, event) -> events.add(event)));
        return made;
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
    }

    private StaticCredentialsProvider credentials(String accessKey, String secretKey) {
        return StaticCredentialsProvider.create(AwsBasicCredentials.create(accessKey, secretKey));
    }

    private S3Client client(String accessKey, String secretKey) {
        S3Client made =
                S3Client.builder()
                        .endpointOverride(URI.create(store.endpoint().orElseThrow()))
                        .region(Region.US_EAST_1)
                        .forcePathStyle(true)
                        .credentialsProvider(credentials(accessKey, secretKey))
                        .build();
        opened.add(made);
        return made;
    }

    private void put(String key, String content) {
        client.putObject(r -> r.bucket(BUCKET).key(key), RequestBody.fromString(content));
    }

    private String get(String key) {
        return client.getObjectAsBytes(r -> r.bucket(BUCKET).key(key)).asUtf8String();
    }

    private ObjectEvent event(String kind, String key) {
        return await().atMost(Duration.ofSeconds(20))
                .until(
                        () ->
                                events.stream()
                                        .filter(e -> e.event().equals(kind) && e.key().equals(key))
                                        .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain.png",
                "a b+c.png",
                "folder/",
                "folder/file",
                "folder",
                "..",
                "a/./b",
                "%2e%2e/x",
                "ümläut \uD83D\uDE00.png",
                "-",
                ".mpus-x",
                "quote\"and'tag<x>&"
            })
    void anyKeyIsAKey(String key) {
        put(key, "content of " + key);
        assertThat(get(key)).isEqualTo("content of " + key);
        assertThat(client.listObjectsV2(r -> r.bucket(BUCKET)).contents())
                .singleElement()
                .satisfies(object -> assertThat(object.key()).isEqualTo(key));
        assertThat(event("ObjectCreated:Put", key).size())
                .hasValue(("content of " + key).getBytes(UTF_8).length);
        client.deleteObject(r -> r.bucket(BUCKET).key(key));
        assertThat(event("ObjectRemoved:Delete", key).bucket()).isEqualTo(BUCKET);
    }

    /** Such addresses mean something else on the way; within the process they are keys too. */
    @ParameterizedTest
    @ValueSource(strings = {"a//b", "../../etc/passwd"})
    void whatNoAddressCanSayIsRefused(String key) {
        assertThat(status(() -> put(key, "x"))).isIn(400, 403);
        ObjectStore mine = store.of(SHOP);
        assertThat(mine.list(BUCKET, "", "", 10)).isEmpty();
        mine.put(BUCKET, key, new byte[1], "text/plain", Map.of());
        assertThat(mine.get(new ObjectRef(BUCKET, key), 10).bytes()).hasSize(1);
        assertThat(client.listObjectsV2(r -> r.bucket(BUCKET)).contents())
                .singleElement()
                .satisfies(object -> assertThat(object.key()).isEqualTo(key));
    }

    @Test
    void metadataAndHeadersComeBackAndTheEventHasThem() {
        client.putObject(
                r ->
                        r.bucket(BUCKET)
                                .key("k")
                                .contentType("image/png")
                                .cacheControl("no-store")
                                .metadata(Map.of("Kind", "photo", "from", "ü")),
                RequestBody.fromString("x"));
        var head = client.headObject(r -> r.bucket(BUCKET).key("k"));
        assertThat(head.contentType()).isEqualTo("image/png");
        assertThat(head.cacheControl()).isEqualTo("no-store");
        assertThat(head.metadata()).containsEntry("kind", "photo");
        ObjectEvent event = event("ObjectCreated:Put", "k");
        assertThat(event.metadata())
                .containsEntry("kind", "photo")
                .containsOnlyKeys("kind", "from");
        assertThat(event.source()).isEqualTo("millrace:s3");
        assertThat("\"" + event.etag().orElseThrow() + "\"").isEqualTo(head.eTag());
    }

    @Test
    void rangesAndConditions() {
        put("k", "0123456789");
        assertThat(range("bytes=2-4")).isEqualTo("234");
        assertThat(range("bytes=8-")).isEqualTo("89");
        assertThat(range("bytes=-3")).isEqualTo("789");
        assertThat(status(() -> range("bytes=10-"))).isEqualTo(416);
        String etag = client.headObject(r -> r.bucket(BUCKET).key("k")).eTag();
        assertThat(
                        status(() ->
                                client.putObject(
                                        r -> r.bucket(BUCKET).key("k").ifNoneMatch("*"),
                                        RequestBody.fromString("y"))))
                .isEqualTo(412);
        assertThat(
                        status(() ->
                                client.putObject(
                                        r -> r.bucket(BUCKET).key("k").ifMatch("\"00\""),
                                        RequestBody.fromString("y"))))
                .isEqualTo(412);
        client.putObject(
                r -> r.bucket(BUCKET).key("k").ifMatch(etag), RequestBody.fromString("new"));
        assertThat(get("k")).isEqualTo("new");
        String now = client.headObject(r -> r.bucket(BUCKET).key("k")).eTag();
        assertThat(status(() -> client.getObject(r -> r.bucket(BUCKET).key("k").ifNoneMatch(now))))
                .isEqualTo(304);
        await().untilAsserted(() -> assertThat(events).hasSize(2));
    }

    private String range(String range) {
        return client.getObjectAsBytes(r -> r.bucket(BUCKET).key("k").range(range)).asUtf8String();
    }

    private static int status(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        Throwable thrown = org.assertj.core.api.Assertions.catchThrowable(call);
        assertThat(thrown).isInstanceOf(S3Exception.class);
        return ((S3Exception) thrown).statusCode();
    }

    @Test
    void copiesOnTheStoresSide() {
        client.putObject(
                r -> r.bucket(BUCKET).key("a").metadata(Map.of("kind", "photo")),
                RequestBody.fromString("x"));
        client.createBucket(r -> r.bucket("digit-7"));
        client.copyObject(r ->
                r.sourceBucket(BUCKET)
                        .sourceKey("a")
                        .destinationBucket("digit-7")
                        .destinationKey("b c"));
        assertThat(client.headObject(r -> r.bucket("digit-7").key("b c")).metadata())
                .containsEntry("kind", "photo");
        client.copyObject(r ->
                r.sourceBucket(BUCKET)
                        .sourceKey("a")
                        .destinationBucket(BUCKET)
                        .destinationKey("a")
                        .metadataDirective(MetadataDirective.REPLACE)
                        .metadata(Map.of("kind", "drawing")));
        assertThat(client.headObject(r -> r.bucket(BUCKET).key("a")).metadata())
                .containsEntry("kind", "drawing");
        client.deleteObject(r -> r.bucket(BUCKET).key("a"));
        assertThat(client.getObjectAsBytes(r -> r.bucket("digit-7").key("b c")).asUtf8String())
                .isEqualTo("x");
        assertThat(event("ObjectCreated:Copy", "b c").bucket()).isEqualTo("digit-7");
    }

    @Test
    void uploadsInParts() {
        String id = client.createMultipartUpload(r -> r.bucket(BUCKET).key("large")).uploadId();
        var first = new byte[5 << 20];
        Arrays.fill(first, (byte) 'a');
        var parts = new ArrayList<CompletedPart>();
        byte[][] contents = {first, "end".getBytes(UTF_8)};
        for (int i = 1; i <= contents.length; i++) {
            int number = i;
            String etag =
                    client.uploadPart(
                                    r ->
                                            r.bucket(BUCKET)
                                                    .key("large")
                                                    .uploadId(id)
                                                    .partNumber(number),
                                    RequestBody.fromBytes(contents[i - 1]))
                            .eTag();
            parts.add(CompletedPart.builder().partNumber(i).eTag(etag).build());
        }
        assertThat(client.listObjectsV2(r -> r.bucket(BUCKET)).contents()).isEmpty();
        assertThat(client.listParts(r -> r.bucket(BUCKET).key("large").uploadId(id)).parts())
                .hasSize(2);
        assertThat(client.listMultipartUploads(r -> r.bucket(BUCKET)).uploads()).hasSize(1);
        String etag =
                client.completeMultipartUpload(r ->
                                r.bucket(BUCKET)
                                        .key("large")
                                        .uploadId(id)
                                        .multipartUpload(m -> m.parts(parts)))
                        .eTag();
        assertThat(etag).endsWith("-2\"");
        assertThat(client.headObject(r -> r.bucket(BUCKET).key("large")).contentLength())
                .isEqualTo((5 << 20) + 3L);
        assertThat(
                        client.getObjectAsBytes(
                                        r -> r.bucket(BUCKET).key("large").range("bytes=-4"))
                                .asUtf8String())
                .isEqualTo("aend");
        assertThat(event("ObjectCreated:CompleteMultipartUpload", "large").size())
                .hasValue((5 << 20) + 3L);
        assertThat(events).hasSize(1);
        // Once more, as a client does that missed the answer.
        client.completeMultipartUpload(r ->
                r.bucket(BUCKET).key("large").uploadId(id).multipartUpload(m -> m.parts(parts)));
        String other = client.createMultipartUpload(r -> r.bucket(BUCKET).key("gone")).uploadId();
        client.abortMultipartUpload(r -> r.bucket(BUCKET).key("gone").uploadId(other));
        assertThat(
                        status(() ->
                                client.uploadPart(
                                        r ->
                                                r.bucket(BUCKET)
                                                        .key("gone")
                                                        .uploadId(other)
                                                        .partNumber(1),
                                        RequestBody.fromString("x"))))
                .isEqualTo(404);
    }

    @Test
    void manyAreDeletedAtOnceAndEachIsTold() {
        List<ObjectIdentifier> keys = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            put("k" + i, "x");
            keys.add(ObjectIdentifier.builder().key("k" + i).build());
        }
        keys.add(ObjectIdentifier.builder().key("never there").build());
        var answer = client.deleteObjects(r -> r.bucket(BUCKET).delete(d -> d.objects(keys)));
        assertThat(answer.deleted()).hasSize(21);
        assertThat(answer.errors()).isEmpty();
        await().untilAsserted(() ->
                assertThat(events.stream().filter(e -> !e.isCreated()).map(ObjectEvent::key))
                        .hasSize(20)
                        .doesNotHaveDuplicates());
    }

    @Test
    void whoHasAPresignedAddressNeedsNoKey() throws IOException, InterruptedException {
        put("k", "content");
        try (var presigner =
                        S3Presigner.builder()
                                .endpointOverride(URI.create(store.endpoint().orElseThrow()))
                                .region(Region.US_EAST_1)
                                .credentialsProvider(
                                        credentials(me.user().accessKey(), me.secretKey()))
                                .serviceConfiguration(
                                        S3Configuration.builder()
                                                .pathStyleAccessEnabled(true)
                                                .build())
                                .build();
                HttpClient http = HttpClient.newHttpClient()) {
            URI address =
                    URI.create(
                            presigner
                                    .presignGetObject(r ->
                                            r.signatureDuration(Duration.ofMinutes(5))
                                                    .getObjectRequest(
                                                            g -> g.bucket(BUCKET).key("k")))
                                    .url()
                                    .toString());
            assertThat(
                            http.send(
                                            HttpRequest.newBuilder(address).build(),
                                            BodyHandlers.ofString())
                                    .body())
                    .isEqualTo("content");
            URI changed = URI.create(address.toString().replace("/k?", "/l?"));
            assertThat(
                            http.send(
                                            HttpRequest.newBuilder(changed).build(),
                                            BodyHandlers.ofString())
                                    .statusCode())
                    .isEqualTo(403);
        }
    }

    @Test
    void strangersSeeNothing() throws IOException, InterruptedException {
        put("k", "content");
        assertThat(status(() -> client("MRNOBODY", me.secretKey()).listBuckets())).isEqualTo(403);
        assertThat(status(() -> client(me.user().accessKey(), "wrong").listBuckets()))
                .isEqualTo(403);
        try (HttpClient http = HttpClient.newHttpClient()) {
            for (String path : List.of("", "goods", "goods/k", "goods/gone", "nowhere/k")) {
                for (String method : List.of("GET", "HEAD", "PUT", "DELETE", "POST")) {
                    var request =
                            HttpRequest.newBuilder(
                                            URI.create(store.endpoint().orElseThrow() + "/" + path))
                                    .method(method, HttpRequest.BodyPublishers.ofString("x"))
                                    .build();
                    assertThat(http.send(request, BodyHandlers.ofString()).statusCode())
                            .as("%s /%s", method, path)
                            .isIn(400, 403, 501);
                }
            }
        }
        assertThat(get("k")).isEqualTo("content");
    }

    @Test
    void projectsDoNotSeeEachOther() {
        put("k", "mine");
        Credential you = store.make(OTHER, ME);
        S3Client theirs = client(you.user().accessKey(), you.secretKey());
        assertThat(theirs.listBuckets().buckets()).isEmpty();
        assertThat(status(() -> theirs.getObject(r -> r.bucket(BUCKET).key("k")))).isEqualTo(404);
        assertThat(
                        status(() ->
                                theirs.copyObject(r ->
                                        r.sourceBucket(BUCKET)
                                                .sourceKey("k")
                                                .destinationBucket(BUCKET)
                                                .destinationKey("l"))))
                .isEqualTo(404);
        theirs.createBucket(r -> r.bucket(BUCKET));
        theirs.putObject(r -> r.bucket(BUCKET).key("k"), RequestBody.fromString("theirs"));
        assertThat(get("k")).isEqualTo("mine");
        store.forget(OTHER);
        assertThat(status(theirs::listBuckets)).isEqualTo(403);
        assertCode(() -> store.of(OTHER).list(BUCKET, "", "", 10), ErrorCode.NOT_FOUND);
    }

    @Test
    void newKeysVoidTheOldOnes() {
        Credential again = store.make(SHOP, ME);
        assertThat(status(() -> client.listBuckets())).isEqualTo(403);
        assertThat(client(again.user().accessKey(), again.secretKey()).listBuckets().buckets())
                .hasSize(1);
        assertThat(again.toString()).doesNotContain(again.secretKey());
        assertThat(store.remove(SHOP, ME)).isTrue();
        assertThat(store.remove(SHOP, ME)).isFalse();
        assertThat(store.users(SHOP)).isEmpty();
    }

    @Test
    void saysWhatItDoesNotDo() {
        put("k", "x");
        assertThat(status(() -> client.getObjectTagging(r -> r.bucket(BUCKET).key("k"))))
                .isEqualTo(501);
        assertThat(
                        status(() ->
                                client.putObject(
                                        r ->
                                                r.bucket(BUCKET)
                                                        .key("k")
                                                        .acl(ObjectCannedACL.PUBLIC_READ),
                                        RequestBody.fromString("x"))))
                .isEqualTo(501);
        assertCode(() -> store.of(SHOP).ensureBucket("Not_A_Bucket"), ErrorCode.INVALID);
        assertThat(status(() -> client.createBucket(r -> r.bucket(BUCKET)))).isEqualTo(409);
        assertThat(status(() -> client.deleteBucket(r -> r.bucket(BUCKET)))).isEqualTo(409);
        assertThat(status(() -> put("x".repeat(1025), "x"))).isEqualTo(400);
    }

    @Test
    void everythingIsThereAfterARestart() throws Exception {
        put("k", "content");
        event("ObjectCreated:Put", "k");
        close();
        opened.clear();
        events.clear();
        store = openStore();
        client = client(me.user().accessKey(), me.secretKey());
        assertThat(get("k")).isEqualTo("content");
        put("l", "more");
        event("ObjectCreated:Put", "l");
        assertThat(events).as("what was told before is not told again").hasSize(1);
    }

    @Test
    void partsOfThisProcessUseTheSameObjects() {
        ObjectStore mine = store.of(SHOP);
        mine.ensureBucket(BUCKET);
        mine.ensureBucket("results");
        String etag =
                mine.put(
                        "results",
                        "a b",
                        "{}".getBytes(UTF_8),
                        "application/json",
                        Map.of("Kind", "x"));
        assertThat(event("ObjectCreated:Put", "a b").etag()).contains(etag);
        var info = mine.head(new ObjectRef("results", "a b")).orElseThrow();
        assertThat(info.contentType()).isEqualTo("application/json");
        assertThat(info.metadata()).containsExactly(Map.entry("kind", "x"));
        put("k", "content");
        var k = new ObjectRef(BUCKET, "k");
        assertThat(mine.get(k, 100).bytes()).isEqualTo("content".getBytes(UTF_8));
        assertCode(() -> mine.get(k, 3), ErrorCode.TOO_LARGE);
        assertCode(
                () -> mine.get(new ObjectRef(BUCKET, "k", Optional.of("00"), Optional.empty()), 9),
                ErrorCode.CONFLICT);
        assertCode(() -> mine.get(new ObjectRef(BUCKET, "gone"), 9), ErrorCode.NOT_FOUND);
        assertCode(() -> mine.get(new ObjectRef("nowhere", "gone"), 9), ErrorCode.NOT_FOUND);
        mine.copy(k, "results", "k");
        assertThat(mine.list("results", "", "", 10))
                .extracting(ObjectStore.ObjectInfo::key)
                .containsExactly("a b", "k");
        assertThat(mine.list("results", "", "a b", 10)).hasSize(1);
        mine.delete(new ObjectRef(BUCKET, "k", Optional.of("00"), Optional.empty()));
        assertThat(mine.head(k)).isPresent();
        mine.delete(k);
        mine.delete(k);
        assertThat(mine.head(k)).isEmpty();
    }

    private static void assertCode(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call, ErrorCode code) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        MillraceException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void onlyTheOwnerReadsTheFolder() throws IOException {
        assertThat(java.nio.file.Files.getPosixFilePermissions(folder.resolve("s3")))
                .isEqualTo(java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
    }
}
