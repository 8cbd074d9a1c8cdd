package io.millrace.store;

import static io.millrace.store.Manifests.category;
import static io.millrace.store.Manifests.categoryKey;
import static io.millrace.store.Manifests.function;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.CategorySpec;
import io.millrace.api.Condition;
import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.Revision;
import io.millrace.api.Status;
import io.millrace.api.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every store does, whatever it keeps its resources in. */
@Timeout(60)
abstract class ResourceStoreConformance {

    private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");

    private final AtomicInteger ids = new AtomicInteger();
    private ResourceStore store;

    /** Opens an empty store. */
    abstract ResourceStore open(TimeSource time, IdSource ids);

    ResourceStoreConformance() {
        store = new InMemoryResourceStore(new FixedTime(), () -> "unused");
    }

    @BeforeEach
    void openStore() {
        store = open(new FixedTime(), () -> "uid-" + ids.incrementAndGet());
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    @Test
    void startsEmpty() {
        assertThat(store.image().revision()).isEqualTo(Revision.NONE);
        assertThat(store.image().all(Kind.CATEGORY)).isEmpty();
        assertThat(store.image().find(categoryKey("a"))).isEmpty();
    }

    @Test
    void createsWithUidGenerationAndTime() {
        Resource<CategorySpec> created = store.put(category("a", "x"), Optional.of(Revision.NONE));

        assertThat(created.metadata().uid()).isEqualTo("uid-1");
        assertThat(created.metadata().generation()).isEqualTo(1);
        assertThat(created.metadata().revision()).isEqualTo(new Revision(1));
        assertThat(created.metadata().createdAt()).isEqualTo(NOON);
        assertThat(created.status()).isEqualTo(Status.NONE);
        assertThat(store.image().find(categoryKey("a"))).contains(created);
        assertThat(store.image().find(categoryKey("a"), CategorySpec.class)).contains(created);
    }

    @Test
    void generationGrowsWithTheSpecOnly() {
        store.put(category("a", "x"), Optional.empty());
        var titled =
                new Manifest<>(
                        categoryKey("a"),
                        "title",
                        Map.of("l", "v"),
                        new CategorySpec("", List.of("x")));

        Resource<CategorySpec> renamed = store.put(titled, Optional.empty());
        assertThat(renamed.metadata().generation()).isEqualTo(1);
        assertThat(renamed.metadata().revision()).isEqualTo(new Revision(2));
        assertThat(renamed.metadata().title()).isEqualTo("title");
        assertThat(renamed.metadata().labels()).isEqualTo(Map.of("l", "v"));

        Resource<CategorySpec> changed = store.put(category("a", "y"), Optional.empty());
        assertThat(changed.metadata().generation()).isEqualTo(2);
        assertThat(changed.metadata().uid()).isEqualTo("uid-1");
        assertThat(changed.metadata().title()).isEmpty();
    }

    @Test
    void nothingIsWrittenWhenNothingChanged() {
        Resource<CategorySpec> first = store.put(category("a", "x"), Optional.empty());

        assertThat(store.put(category("a", "x"), Optional.empty())).isEqualTo(first);
        assertThat(store.image().revision()).isEqualTo(new Revision(1));
    }

    @Test
    void comparesBeforeItSets() {
        Resource<CategorySpec> first = store.put(category("a", "x"), Optional.empty());
        Revision seen = first.metadata().revision();
        store.put(category("a", "y"), Optional.of(seen));

        assertConflict(() -> store.put(category("a", "z"), Optional.of(seen)), "at revision 2");
        assertConflict(() -> store.put(category("a", "z"), Optional.of(Revision.NONE)), "exists");
        assertConflict(() -> store.put(category("b", "z"), Optional.of(seen)), "does not exist");
        assertConflict(() -> store.delete(categoryKey("a"), Optional.of(seen)), "at revision 2");
        assertThat(store.image().revision()).isEqualTo(new Revision(2));
        assertThat(store.image().all(Kind.CATEGORY)).hasSize(1);
    }

    @Test
    void deletesAndNeverGivesAUidAgain() {
        store.put(category("a", "x"), Optional.empty());

        assertThat(store.delete(categoryKey("a"), Optional.of(new Revision(1)))).isTrue();
        assertThat(store.delete(categoryKey("a"), Optional.empty())).isFalse();
        assertThat(store.image().find(categoryKey("a"))).isEmpty();
        assertThat(store.image().revision()).isEqualTo(new Revision(2));
        Resource<CategorySpec> again = store.put(category("a", "x"), Optional.empty());
        assertThat(again.metadata().uid()).isEqualTo("uid-2");
        assertThat(again.metadata().generation()).isEqualTo(1);
    }

    @Test
    void statusBelongsToOneIncarnationAndLeavesTheSpecAlone() {
        store.put(category("a", "x"), Optional.empty());
        Status status = ready("Fine");

        assertThat(store.putStatus(categoryKey("a"), "uid-1", status)).isTrue();
        assertThat(store.putStatus(categoryKey("a"), "uid-1", status)).isFalse();
        assertThat(store.putStatus(categoryKey("a"), "uid-0", ready("Other"))).isFalse();
        assertThat(store.putStatus(categoryKey("b"), "uid-1", ready("Other"))).isFalse();
        Resource<?> resource = store.image().find(categoryKey("a")).orElseThrow();
        assertThat(resource.status()).isEqualTo(status);
        assertThat(resource.metadata().generation()).isEqualTo(1);
        assertThat(resource.metadata().revision()).isEqualTo(new Revision(2));
        assertThat(store.put(category("a", "y"), Optional.empty()).status()).isEqualTo(status);
    }

    @Test
    void listsByKindAndProjectInOrderOfNames() {
        for (String name : List.of("c", "a", "b")) {
            store.put(function("p", name, "x"), Optional.empty());
            store.put(function("p2", name + "2", "x"), Optional.empty());
            store.put(category(name, "x"), Optional.empty());
        }

        assertThat(store.image().all(Kind.FUNCTION, new ProjectId("p")))
                .extracting(r -> r.key().name().value())
                .containsExactly("a", "b", "c");
        assertThat(store.image().all(Kind.FUNCTION))
                .extracting(r -> r.key().name().value())
                .containsExactly("a", "b", "c", "a2", "b2", "c2");
        assertThat(store.image().all(Kind.FUNCTION, new ProjectId("q"))).isEmpty();
        assertThat(store.image().all(Kind.CATEGORY)).hasSize(3);
        assertThat(store.image().all(Kind.PIPELINE)).isEmpty();
    }

    @Test
    void imagesDoNotChange() {
        store.put(category("a", "x"), Optional.empty());
        StoreImage before = store.image();
        store.put(category("a", "y"), Optional.empty());
        store.delete(categoryKey("a"), Optional.empty());

        assertThat(before.revision()).isEqualTo(new Revision(1));
        assertThat(before.find(categoryKey("a"), CategorySpec.class).orElseThrow().spec().values())
                .containsExactly("x");
    }

    @Test
    void twoHundredConcurrentIncrementsAllCount() throws Exception {
        store.put(category("counter", "0"), Optional.empty());
        var conflicts = new AtomicInteger();
        inParallel(
                200,
                8,
                () -> {
                    while (!tryIncrement()) {
                        conflicts.incrementAndGet();
                    }
                    return null;
                });

        assertThat(counter().spec().values()).containsExactly("200");
        assertThat(counter().metadata().generation()).isEqualTo(201);
        assertThat(store.image().revision()).isEqualTo(new Revision(201));
    }

    private boolean tryIncrement() {
        Resource<CategorySpec> seen = counter();
        int next = Integer.parseInt(seen.spec().values().getFirst()) + 1;
        try {
            store.put(
                    category("counter", Integer.toString(next)),
                    Optional.of(seen.metadata().revision()));
            return true;
        } catch (MillraceException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.CONFLICT);
            return false;
        }
    }

    private Resource<CategorySpec> counter() {
        return store.image().find(categoryKey("counter"), CategorySpec.class).orElseThrow();
    }

    @Test
    void watchersHearOfThePastAndThePresentInOrder() {
        store.put(category("a", "x"), Optional.empty());
        store.put(category("a", "y"), Optional.empty());
        store.putStatus(categoryKey("a"), "uid-1", ready("Fine"));
        Resource<?> last = store.image().find(categoryKey("a")).orElseThrow();
        store.delete(categoryKey("a"), Optional.empty());
        var heard = new CopyOnWriteArrayList<Change>();
        try (var _ = store.watch(new Revision(1), heard::add)) {
            Resource<CategorySpec> b = store.put(category("b", "x"), Optional.empty());

            await().untilAsserted(
                            () -> assertThat(revisions(heard)).containsExactly(2L, 3L, 4L, 5L));
            assertThat(heard.get(1)).isEqualTo(new Change.Put(new Revision(3), last));
            assertThat(heard.get(2)).isEqualTo(new Change.Deleted(new Revision(4), last));
            assertThat(heard.get(3)).isEqualTo(new Change.Put(new Revision(5), b));
        }
    }

    @Test
    void watchersMissNothingWhileOthersWrite() throws Exception {
        int writers = 4;
        int each = 60;
        var heard = new CopyOnWriteArrayList<CopyOnWriteArrayList<Change>>();
        var starts = new CopyOnWriteArrayList<Long>();
        var watches = new CopyOnWriteArrayList<ResourceStore.Watch>();
        var number = new AtomicInteger();
        inParallel(
                16,
                16,
                () -> {
                    int mine = number.getAndIncrement();
                    if (mine % 4 == 0) {
                        for (int i = 0; i < each; i++) {
                            store.put(category("w" + mine, "v" + i), Optional.empty());
                        }
                    } else {
                        Revision from = store.image().revision();
                        var list = new CopyOnWriteArrayList<Change>();
                        synchronized (heard) {
                            heard.add(list);
                            starts.add(from.value());
                        }
                        watches.add(store.watch(from, list::add));
                    }
                    return null;
                });

        long end = (long) writers * each;
        assertThat(store.image().revision()).isEqualTo(new Revision(end));
        for (int i = 0; i < heard.size(); i++) {
            var list = heard.get(i);
            long from = starts.get(i);
            await().untilAsserted(() ->
                    assertThat(revisions(list))
                            .containsExactlyElementsOf(
                                    LongStream.rangeClosed(from + 1, end).boxed().toList()));
        }
        watches.forEach(ResourceStore.Watch::close);
    }

    @Test
    void watcherIsNotCalledInsideOfPutNorAfterClose() throws Exception {
        var threads = new CopyOnWriteArrayList<Thread>();
        ResourceStore.Watch watch =
                store.watch(Revision.NONE, _ -> threads.add(Thread.currentThread()));
        store.put(category("a", "x"), Optional.empty());
        await().until(() -> threads.size() == 1);
        watch.close();
        watch.close();
        store.put(category("a", "y"), Optional.empty());
        var done = new CountDownLatch(1);
        try (var _ = store.watch(new Revision(1), _ -> done.countDown())) {
            assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        }

        assertThat(threads).hasSize(1).doesNotContain(Thread.currentThread());
    }

    @Test
    void watcherMayWriteAndEndItself() {
        var watch = new CopyOnWriteArrayList<ResourceStore.Watch>();
        watch.add(
                store.watch(
                        new Revision(0),
                        change -> {
                            await().until(() -> !watch.isEmpty());
                            store.putStatus(change.key(), "uid-1", ready("Seen"));
                            watch.getFirst().close();
                        }));
        store.put(category("a", "x"), Optional.empty());

        await().until(() -> store.image().revision().value() == 2);
        assertThat(store.image().find(categoryKey("a")).orElseThrow().status())
                .isEqualTo(ready("Seen"));
    }

    @Test
    void watcherThatThrowsIsCutOffAndHarmsNobody() {
        var cutOff = new CountDownLatch(1);
        var heard = new CopyOnWriteArrayList<Change>();
        store.watch(
                Revision.NONE,
                new ResourceStore.Watcher() {
                    @Override
                    public void changed(Change change) {
                        throw MillraceException.invalid("this watcher fails on purpose");
                    }

                    @Override
                    public void cutOff() {
                        cutOff.countDown();
                    }
                });
        store.watch(Revision.NONE, heard::add);
        store.put(category("a", "x"), Optional.empty());
        store.put(category("a", "y"), Optional.empty());

        await().until(() -> heard.size() == 2);
        assertThat(cutOff.getCount()).isZero();
    }

    @Test
    void interruptedCallerStillWrites() {
        Thread.currentThread().interrupt();
        store.put(category("a", "x"), Optional.empty());

        assertThat(Thread.interrupted()).isTrue();
        assertThat(store.put(category("a", "y"), Optional.empty()).metadata().revision())
                .isEqualTo(new Revision(2));
    }

    @Test
    void futureCannotBeWatched() {
        assertThatThrownBy(() -> store.watch(new Revision(1), _ -> {}))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    }

    @Test
    void closedStoreTakesNothing() {
        store.put(category("a", "x"), Optional.empty());
        store.close();
        store.close();

        assertThatThrownBy(() -> store.put(category("a", "y"), Optional.empty()))
                .isInstanceOf(MillraceException.class)
                .hasMessage("the store is closed");
        assertThat(store.image().all(Kind.CATEGORY)).hasSize(1);
    }

    static Status ready(String reason) {
        return new Status(
                List.of(new Condition(Condition.READY, Condition.Truth.TRUE, reason, "", NOON, 1)),
                Map.of("z", "1", "a", "2"),
                List.of());
    }

    static List<Long> revisions(List<Change> changes) {
        return changes.stream().map(c -> c.revision().value()).toList();
    }

    static void inParallel(int count, int threads, Callable<@Nullable Void> task) throws Exception {
        try (var pool = Executors.newFixedThreadPool(threads)) {
            var tasks = new ArrayList<Callable<@Nullable Void>>();
            for (int i = 0; i < count; i++) {
                tasks.add(task);
            }
            for (var future : pool.invokeAll(tasks)) {
                future.get();
            }
        }
    }

    private static void assertConflict(Runnable action, String message) {
        assertThatThrownBy(action::run)
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFLICT))
                .hasMessageContaining(message);
    }

    /** A clock that stands still. */
    static final class FixedTime implements TimeSource {
        @Override
        public Instant now() {
            return NOON;
        }

        @Override
        public long nanoTime() {
            return 0;
        }

        @Override
        public void pause(Duration duration) {}
    }
}
