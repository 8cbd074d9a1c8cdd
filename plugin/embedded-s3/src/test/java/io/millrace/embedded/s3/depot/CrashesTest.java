package io.millrace.embedded.s3.depot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import io.millrace.embedded.s3.depot.Steps.Step;
import io.millrace.spi.ObjectEvent;
import io.millrace.testkit.RecordingMeters;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Puts, copies, deletes and uploads in parts, with the world stopping at any step of them, and a
 * listener that cannot take everything at once.
 */
@Timeout(120)
class CrashesTest {

    private static final ProjectId PROJECT = new ProjectId("shop");
    private static final String BUCKET = "goods";
    private static final int CHANGES = 150;

    @TempDir private Path folder;

    private final ConcurrentLinkedQueue<ObjectEvent> events = new ConcurrentLinkedQueue<>();
    private final Map<String, String> attempted = new TreeMap<>();
    private final List<String> acknowledged = new ArrayList<>();
    private int contents;

    /** Ends the process, as far as the depot can see. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** Stops everything at the so-manieth step from now on. */
    private static final class Fate implements Steps {
        private final AtomicInteger left;
        private final AtomicBoolean isDead = new AtomicBoolean();

        Fate(int left) {
            this.left = new AtomicInteger(left);
        }

        @Override
        public void reached(Step step) {
            if (isDead.get() || left.decrementAndGet() == 0) {
                isDead.set(true);
                throw new Killed();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void whatWasAcknowledgedIsToldAndNothingElseIs(long seed) throws IOException {
        RandomGenerator random = random(seed);
        int crashes = 0;
        int done = 0;
        while (done < CHANGES) {
            var fate = new Fate(random.nextInt(1, 60));
            Depot depot = open(fate);
            NewsTeller teller = teller(depot, random(random.nextLong()));
            try {
                while (done < CHANGES) {
                    done++;
                    change(depot, random);
                }
            } catch (Killed _) {
                crashes++;
            }
            teller.close();
            depot.crash();
        }
        assertThat(crashes).as("seed %d", seed).isGreaterThan(3);
        checkAll(seed);
    }

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    private Depot open(Steps steps) {
        Depot depot =
                Depot.open(
                        folder,
                        DataSize.ofMebibytes(1),
                        TimeSource.system(),
                        IdSource.random(),
                        steps);
        depot.makeBucket(PROJECT, BUCKET);
        return depot;
    }

    private NewsTeller teller(Depot depot, RandomGenerator random) {
        var teller =
                new NewsTeller(
                        depot,
                        (_, event) -> {
                            synchronized (random) {
                                if (random.nextInt(10) == 0) {
                                    throw new MillraceException(
                                            ErrorCode.UNAVAILABLE, "not now, as the test wants");
                                }
                            }
                            events.add(event);
                        },
                        new RecordingMeters());
        teller.start();
        return teller;
    }

    private void change(Depot depot, RandomGenerator random) {
        String key = "key " + random.nextInt(5);
        switch (random.nextInt(5)) {
            case 0, 1 -> put(depot, key);
            case 2 -> copy(depot, key, "key " + random.nextInt(5));
            case 3 -> delete(depot, key);
            default -> upload(depot, key);
        }
    }

    private void put(Depot depot, String key) {
        byte[] content = ("content " + contents++).getBytes(UTF_8);
        String what = News.PUT + " " + key + " " + hex(content);
        attempted.put(what, key);
        depot.put(PROJECT, upload(key, content));
        acknowledged.add(what);
    }

    private static Depot.Upload upload(String key, byte[] content) {
        return new Depot.Upload(
                BUCKET,
                key,
                new ByteArrayInputStream(content),
                content.length,
                null,
                Map.of(),
                Map.of(),
                Conditions.NONE);
    }

    private void copy(Depot depot, String from, String to) {
        Optional<StoredObject> source = depot.find(PROJECT, BUCKET, from);
        if (source.isPresent() && !from.equals(to)) {
            String what = News.COPY + " " + to + " " + source.get().etag();
            attempted.put(what, to);
            depot.copy(
                    PROJECT,
                    new Depot.Copy(BUCKET, from, Conditions.NONE, BUCKET, to, Optional.empty()));
            acknowledged.add(what);
        }
    }

    private void delete(Depot depot, String key) {
        Optional<StoredObject> there = depot.find(PROJECT, BUCKET, key);
        if (there.isPresent()) {
            String what = News.DELETED + " " + key + " " + there.get().etag();
            attempted.put(what, key);
            depot.delete(PROJECT, BUCKET, key, _ -> true);
            acknowledged.add(what);
        }
    }

    private void upload(Depot depot, String key) {
        String id = depot.uploads().begin(PROJECT, BUCKET, key, Map.of(), Map.of());
        byte[] content = ("part " + contents++).getBytes(UTF_8);
        Uploads.Part part =
                depot.uploads()
                        .put(
                                PROJECT,
                                BUCKET,
                                key,
                                id,
                                1,
                                new ByteArrayInputStream(content),
                                content.length,
                                null);
        var md5 = ContentFiles.md5();
        md5.update(java.util.HexFormat.of().parseHex(part.etag()));
        String what =
                News.COMPLETED
                        + " "
                        + key
                        + " "
                        + java.util.HexFormat.of().formatHex(md5.digest())
                        + "-1";
        attempted.put(what, key);
        depot.uploads()
                .complete(depot, PROJECT, BUCKET, key, id, Map.of(1, part.etag()), Conditions.NONE);
        acknowledged.add(what);
    }

    private static String hex(byte[] content) {
        return java.util.HexFormat.of().formatHex(ContentFiles.md5().digest(content));
    }

    private static String text(ObjectEvent event) {
        return event.event() + " " + event.key() + " " + event.etag().orElseThrow();
    }

    private void checkAll(long seed) throws IOException {
        Depot depot = open(Steps.unwatched());
        var teller = teller(depot, random(seed));
        await().atMost(Duration.ofSeconds(60)).until(() -> depot.news().waiting() == 0);
        Set<String> told = new HashSet<>();
        events.forEach(event -> told.add(text(event)));
        assertThat(told).as("seed %d: acknowledged is told", seed).containsAll(acknowledged);
        assertThat(attempted.keySet())
                .as("seed %d: what nobody asked for is not told", seed)
                .containsAll(told);
        // The last word on each key is what is there.
        Map<String, ObjectEvent> last = new TreeMap<>();
        for (ObjectEvent event : events) {
            last.merge(
                    event.key(),
                    event,
                    (a, b) ->
                            a.sequencer().orElseThrow().compareTo(b.sequencer().orElseThrow()) > 0
                                    ? a
                                    : b);
        }
        last.forEach((key, event) -> {
            Optional<StoredObject> there = depot.find(PROJECT, BUCKET, key);
            assertThat(there.map(StoredObject::etag))
                    .as("seed %d: %s", seed, event)
                    .isEqualTo(event.isCreated() ? event.etag() : Optional.empty());
        });
        checkFiles(depot);
        teller.close();
        depot.close();
    }

    /** Content that nothing refers to is gone, and all that is referred to is there. */
    private void checkFiles(Depot depot) throws IOException {
        depot.sweep();
        List<String> known =
                depot.database()
                        .read(c ->
                                ObjectIndex.texts(
                                        c, "select file from object union select file from part"));
        try (Stream<Path> files = Files.walk(folder.resolve("content"))) {
            assertThat(
                            files.filter(Files::isRegularFile)
                                    .map(file -> String.valueOf(file.getFileName())))
                    .containsExactlyInAnyOrderElementsOf(known);
        }
    }
}
