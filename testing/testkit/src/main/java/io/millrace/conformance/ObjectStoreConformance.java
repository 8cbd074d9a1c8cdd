package io.millrace.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.ObjectStore.ObjectInfo;
import io.millrace.spi.ObjectStore.ObjectRef;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link ObjectStore} promises. A subclass opens one in which nothing is. */
@Timeout(60)
public abstract class ObjectStoreConformance {

    private static final String BUCKET = "conformance";
    private static final String OTHER = "conformance-two";

    private ObjectStore store;

    /** A store with none of the kit's buckets, or with these empty; closed by the kit. */
    protected abstract ObjectStore openStore();

    @BeforeEach
    void open() {
        store = openStore();
        store.ensureBucket(BUCKET);
    }

    @AfterEach
    void close() {
        store.close();
        store.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private String put(String key, String content) {
        return store.put(BUCKET, key, bytes(content), "text/plain", Map.of());
    }

    private String content(String bucket, String key) {
        return new String(
                store.get(new ObjectRef(bucket, key), 1_000).bytes(), StandardCharsets.UTF_8);
    }

    private static ObjectRef ref(String key, String etag) {
        return new ObjectRef(BUCKET, key, Optional.of(etag), Optional.empty());
    }

    private static void fails(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        MillraceException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void givesBackWhatWasPut() {
        String etag =
                store.put(
                        BUCKET,
                        "a.json",
                        bytes("{}"),
                        "application/json",
                        Map.of("millrace-object", "b/c%20d"));

        var found = store.get(new ObjectRef(BUCKET, "a.json"), 2);
        assertThat(found.bytes()).isEqualTo(bytes("{}"));
        assertThat(found.info().contentType()).startsWith("application/json");
        assertThat(found.info().metadata()).containsEntry("millrace-object", "b/c%20d");
        ObjectInfo info = store.head(new ObjectRef(BUCKET, "a.json")).orElseThrow();
        assertThat(info.etag()).isEqualTo(etag).isNotEmpty().doesNotContain("\"");
        assertThat(info.size()).isEqualTo(2);
        assertThat(info.metadata()).containsEntry("millrace-object", "b/c%20d");
    }

    @Test
    void anEmptyObjectIsAnObject() {
        put("empty", "");

        assertThat(store.get(new ObjectRef(BUCKET, "empty"), 0).bytes()).isEmpty();
        assertThat(store.head(new ObjectRef(BUCKET, "empty"))).isPresent();
    }

    @Test
    void keysAreNotRead() {
        List<String> keys =
                List.of("a b+c.png", "a%20b", "x/y/z", "ä/😀.txt", "a&b=c?d#e", "~(1)'!*", "a//b");
        var taken = new ArrayList<String>();
        for (String key : keys) {
            try {
                put(key, key);
                taken.add(key);
            } catch (MillraceException e) {
                // A store may refuse what it cannot keep, and must not keep it under another name.
                assertThat(e.code()).isEqualTo(ErrorCode.INVALID);
            }
        }
        assertThat(taken).contains("a b+c.png", "a%20b", "x/y/z", "ä/😀.txt");
        for (String key : taken) {
            assertThat(content(BUCKET, key)).isEqualTo(key);
        }
        assertThat(store.list(BUCKET, "", "", 100))
                .extracting(ObjectInfo::key)
                .containsExactlyInAnyOrderElementsOf(taken);
    }

    @Test
    void theSameKeyTwiceIsOneObject() {
        put("k", "one");
        put("k", "two");

        assertThat(content(BUCKET, "k")).isEqualTo("two");
        assertThat(store.list(BUCKET, "", "", 10)).hasSize(1);
    }

    @Test
    void refusesWhatIsTooLargeBeforeItIsFetched() {
        put("large", "12345");

        fails(ErrorCode.TOO_LARGE, () -> store.get(new ObjectRef(BUCKET, "large"), 4));
        assertThat(store.get(new ObjectRef(BUCKET, "large"), 5).bytes()).hasSize(5);
    }

    @Test
    void saysThatSomethingIsNotThere() {
        assertThat(store.head(new ObjectRef(BUCKET, "none"))).isEmpty();
        assertThat(store.head(new ObjectRef("conformance-none", "none"))).isEmpty();
        fails(ErrorCode.NOT_FOUND, () -> store.get(new ObjectRef(BUCKET, "none"), 10));
        fails(ErrorCode.NOT_FOUND, () -> store.copy(new ObjectRef(BUCKET, "none"), BUCKET, "b"));
        fails(ErrorCode.NOT_FOUND, () -> store.list("conformance-none", "", "", 10));
        fails(
                ErrorCode.NOT_FOUND,
                () -> store.put("conformance-none", "k", bytes("x"), "text/plain", Map.of()));
        put("a", "x");
        fails(
                ErrorCode.NOT_FOUND,
                () -> store.copy(new ObjectRef(BUCKET, "a"), "conformance-none", "b"));
    }

    @Test
    void anotherContentUnderTheKeyIsNotTheObject() {
        String old = put("k", "old");
        put("k", "new");

        assertThat(store.head(ref("k", old))).isEmpty();
        fails(ErrorCode.CONFLICT, () -> store.get(ref("k", old), 10));
        fails(ErrorCode.CONFLICT, () -> store.copy(ref("k", old), BUCKET, "copy"));
        assertThat(store.head(new ObjectRef(BUCKET, "copy"))).isEmpty();
        store.delete(ref("k", old));
        assertThat(content(BUCKET, "k")).isEqualTo("new");
    }

    @Test
    void copiesWithAllThatBelongsToAnObject() {
        store.ensureBucket(OTHER);
        String etag = store.put(BUCKET, "a b", bytes("x"), "image/png", Map.of("camera", "7"));

        store.copy(ref("a b", etag), OTHER, "c/a b");
        store.copy(ref("a b", etag), OTHER, "c/a b");

        ObjectInfo copy = store.head(new ObjectRef(OTHER, "c/a b")).orElseThrow();
        assertThat(copy.etag()).isEqualTo(etag);
        assertThat(copy.contentType()).isEqualTo("image/png");
        assertThat(copy.metadata()).containsEntry("camera", "7");
        assertThat(content(BUCKET, "a b")).isEqualTo("x");
        store.delete(new ObjectRef(OTHER, "c/a b"));
    }

    @Test
    void deletesOnceAndTwice() {
        String etag = put("k", "x");

        store.delete(ref("k", etag));
        store.delete(ref("k", etag));
        store.delete(new ObjectRef(BUCKET, "k"));
        store.delete(new ObjectRef("conformance-none", "k"));

        assertThat(store.head(new ObjectRef(BUCKET, "k"))).isEmpty();
    }

    @Test
    void makesABucketOnce() {
        put("k", "x");

        store.ensureBucket(BUCKET);

        assertThat(content(BUCKET, "k")).isEqualTo("x");
    }

    @Test
    void listsInPages() {
        for (String key : List.of("b/2", "a", "b/1", "c", "b/3")) {
            put(key, key);
        }

        assertThat(store.list(BUCKET, "b/", "", 2))
                .extracting(ObjectInfo::key)
                .containsExactly("b/1", "b/2");
        assertThat(store.list(BUCKET, "b/", "b/2", 2))
                .extracting(ObjectInfo::key)
                .containsExactly("b/3");
        assertThat(store.list(BUCKET, "b/", "b/3", 2)).isEmpty();
    }
}
