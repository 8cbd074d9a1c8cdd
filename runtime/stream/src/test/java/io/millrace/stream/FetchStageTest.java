package io.millrace.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.DataSize;
import io.millrace.api.DataSourceSpec.Content;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import io.millrace.spi.ObjectInput;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.Tracing;
import io.millrace.testkit.FakeObjectStores;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FetchStageTest {

    private static final String EVENT = "{\"event\":\"ObjectCreated:Put\"}";

    private final FakeObjectStores stores = new FakeObjectStores();
    private final ObjectStore store = stores.quiet(Plans.PROJECT, Optional.empty());

    FetchStageTest() {
        store.ensureBucket("photos");
        store.ensureBucket("secrets");
        store.put("secrets", "in/key", bytes("the key"), "text/plain", Map.of());
    }

    @Test
    void anObjectTakesThePlaceOfItsEvent() {
        String etag = put("in/ä b+c.png", "picture");
        try (TaskWorld world = world(Content.INLINE, 100)) {
            event(world, "photos", "in/ä b+c.png", etag);
            world.task().doWork();

            assertThat(world.outputs()).containsExactly("picture");
            List<Header> headers = world.sink.accepted().getFirst().headers();
            assertThat(Header.find(headers, HeaderNames.OBJECT_KEY)).isEqualTo("in/ä b+c.png");
            assertThat(Header.find(headers, HeaderNames.OBJECT_SIZE)).isEqualTo("7");
            assertThat(Header.find(headers, "object.meta.camera")).isEqualTo("left");
            assertThat(Header.find(headers, "object.meta.content-type")).isEqualTo("image/png");
        }
        assertThat(stores.open()).isZero();
    }

    @Test
    void whatIsGoneChangedOrTooLargeIsADeadLetterAndItsNeighboursAreNot() {
        String etag = put("in/good", "good");
        put("in/changed", "now");
        String large = put("in/large", "x".repeat(101));
        try (TaskWorld world = world(Content.INLINE, 100)) {
            event(world, "photos", "in/gone", "e");
            event(world, "photos", "in/changed", "of-before");
            event(world, "photos", "in/large", large);
            event(world, "photos", "in/good", etag);
            work(world, 4);

            assertThat(world.outputs()).containsExactly("good");
            assertThat(codes(world)).containsExactly("NOT_FOUND", "CONFLICT", "TOO_LARGE");
            LogRecord letter = world.deadLetters().getFirst();
            assertThat(TaskWorld.text(letter.value())).isEqualTo(EVENT);
            assertThat(Header.find(letter.headers(), HeaderNames.DEAD_STAGE))
                    .isEqualTo("fetch objects");
        }
    }

    @Test
    void ofALargeObjectTheEventGoesOnWhereThatIsWanted() {
        String large = put("in/large", "x".repeat(101));
        try (TaskWorld world = world(Content.AUTO, 100)) {
            event(world, "photos", "in/large", large);
            world.task().doWork();
            assertThat(world.outputs()).containsExactly(EVENT);
        }
    }

    @Test
    void referencesAreNotFetched() {
        try (TaskWorld world = world(Content.REFERENCE, 100)) {
            event(world, "photos", "in/gone", "e");
            world.task().doWork();
            assertThat(world.outputs()).containsExactly(EVENT);
        }
        assertThat(stores.calls()).noneMatch(call -> call.operation().equals("get"));
    }

    @Test
    void aForgedRecordReadsNothing() {
        put("private/a", "private");
        try (TaskWorld world = world(Content.INLINE, 100)) {
            event(world, "secrets", "in/key", "");
            event(world, "photos", "private/a", "");
            event(world, "photos", "../secrets/in/key", "");
            world.putWith(Plans.INPUT, EVENT, Header.of(HeaderNames.OBJECT_KEY, "in/key"));
            work(world, 4);

            assertThat(world.outputs()).isEmpty();
            assertThat(codes(world)).containsExactly("DENIED", "DENIED", "DENIED", "INVALID");
        }
        assertThat(stores.calls()).noneMatch(call -> call.operation().equals("get"));
    }

    @Test
    void aStoreThatIsAwayIsWaitedFor() {
        String etag = put("in/a", "a");
        var failures = new AtomicInteger(10);
        stores.before(_ -> {
            if (failures.getAndDecrement() > 0) {
                throw new MillraceException(ErrorCode.UNAVAILABLE, "503");
            }
        });
        try (TaskWorld world = world(Content.INLINE, 100)) {
            event(world, "photos", "in/a", etag);
            world.task().doWork();
            assertThat(world.outputs()).containsExactly("a");
            assertThat(world.deadLetters()).isEmpty();
        }
    }

    @Test
    void removalsAreTheirEvent() {
        try (TaskWorld world = world(Content.INLINE, 100)) {
            world.putWith(
                    Plans.INPUT,
                    EVENT,
                    Header.of(HeaderNames.OBJECT_BUCKET, "photos"),
                    Header.of(HeaderNames.OBJECT_KEY, "in/a"),
                    Header.of(HeaderNames.OBJECT_EVENT, "ObjectRemoved:Delete"));
            world.task().doWork();
            assertThat(world.outputs()).containsExactly(EVENT);
        }
    }

    @Test
    void aSliceHoldsNoMoreThanFitsIntoMemory() {
        var large = new LogRecord[4];
        for (int i = 0; i < large.length; i++) {
            large[i] =
                    new LogRecord(
                            new io.millrace.spi.LogPartition("t", 0),
                            i,
                            null,
                            new byte[0],
                            List.of(
                                    Header.of(HeaderNames.OBJECT_BUCKET, "b"),
                                    Header.of(
                                            HeaderNames.OBJECT_SIZE,
                                            Long.toString(DataSize.ofMebibytes(30).bytes()))),
                            0);
        }
        assertThat(FetchBudget.end(List.of(large), 0, 4)).isEqualTo(2);
        assertThat(FetchBudget.end(List.of(large), 3, 4)).isEqualTo(4);
    }

    private TaskWorld world(Content content, int limit) {
        PipelinePlan plain = Plans.aPipeline().to("out").plan();
        var input =
                new PipelinePlan.Input(
                        Plans.INPUT,
                        Map.of(),
                        Optional.of(
                                new ObjectInput(
                                        Optional.empty(),
                                        "photos",
                                        "in/",
                                        content,
                                        new DataSize(limit))));
        var plan =
                new PipelinePlan(
                        plain.pipeline(),
                        plain.uid(),
                        plain.createdAt(),
                        plain.spec(),
                        List.of(input),
                        plain.functions());
        return new TaskWorld(plan, Tracing.OFF, stores);
    }

    private static void work(TaskWorld world, int records) {
        int done = 0;
        for (int i = 0; i < 10 && done < records; i++) {
            done += world.task().doWork();
        }
        assertThat(done).isEqualTo(records);
    }

    private String put(String key, String content) {
        return store.put("photos", key, bytes(content), "image/png", Map.of("camera", "left"));
    }

    private static void event(TaskWorld world, String bucket, String key, String etag) {
        world.putWith(
                Plans.INPUT,
                EVENT,
                Header.of(HeaderNames.OBJECT_BUCKET, bucket),
                Header.of(HeaderNames.OBJECT_KEY, key),
                Header.of(HeaderNames.OBJECT_ETAG, etag),
                Header.of(HeaderNames.OBJECT_EVENT, "ObjectCreated:Put"));
    }

    private static List<String> codes(TaskWorld world) {
        return world.deadLetters().stream()
                .map(letter -> Header.find(letter.headers(), HeaderNames.DEAD_CODE))
                .toList();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
