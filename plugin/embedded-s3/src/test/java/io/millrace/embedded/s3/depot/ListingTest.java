package io.millrace.embedded.s3.depot;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.DataSize;
import io.millrace.api.IdSource;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListingTest {

    private static final ProjectId PROJECT = new ProjectId("shop");
    private static final String BUCKET = "goods";

    @TempDir private Path folder;
    private Depot depot;

    @BeforeEach
    void open() {
        depot =
                Depot.open(
                        folder,
                        DataSize.ofMebibytes(1),
                        TimeSource.system(),
                        IdSource.random(),
                        Steps.unwatched());
        depot.makeBucket(PROJECT, BUCKET);
    }

    @AfterEach
    void close() {
        depot.close();
    }

    private void put(String key) {
        depot.put(
                PROJECT,
                new Depot.Upload(
                        BUCKET,
                        key,
                        new ByteArrayInputStream(new byte[1]),
                        1,
                        null,
                        Map.of(),
                        Map.of(),
                        Conditions.NONE));
    }

    private List<String> all(String prefix, String delimiter, int most) {
        var names = new ArrayList<String>();
        String after = "";
        while (true) {
            Listing.Page page =
                    depot.list(PROJECT, BUCKET, new Listing(prefix, delimiter, after, most));
            assertThat(page.objects().size() + page.prefixes().size()).isLessThanOrEqualTo(most);
            var both = new TreeSet<>(Comparator.comparing(ListingTest::points));
            page.objects().forEach(object -> both.add(object.key()));
            both.addAll(page.prefixes());
            names.addAll(both);
            if (page.next().isEmpty()) {
                return names;
            }
            after = page.next().get();
        }
    }

    /** Orders as the bytes do. */
    private static String points(String text) {
        var points = new StringBuilder();
        text.codePoints().forEach(point -> points.append("%06x".formatted(point)));
        return points.toString();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void pagesOfAnySizeHoldTheSame(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        String[] pieces = {"a", "b", "/", "//", ".", "..", "ä", "\uD83D\uDE00", " ", "+", "%2e"};
        var keys = new TreeSet<>(Comparator.comparing(ListingTest::points));
        while (keys.size() < 60) {
            var key = new StringBuilder();
            for (int i = random.nextInt(1, 6); i > 0; i--) {
                key.append(pieces[random.nextInt(pieces.length)]);
            }
            if (keys.add(key.toString())) {
                put(key.toString());
            }
        }
        for (String prefix : List.of("", "a", "a/", "/", "..")) {
            var plain = new ArrayList<String>();
            var grouped = new TreeSet<>(Comparator.comparing(ListingTest::points));
            for (String key : keys) {
                if (key.startsWith(prefix)) {
                    plain.add(key);
                    int at = key.indexOf('/', prefix.length());
                    grouped.add(at < 0 ? key : key.substring(0, at + 1));
                }
            }
            for (int most : new int[] {1, 2, 7, 1000}) {
                assertThat(all(prefix, "", most)).isEqualTo(plain);
                assertThat(all(prefix, "/", most)).containsExactlyElementsOf(grouped);
            }
        }
    }

    @Test
    void asksForNothing() {
        put("a");
        Listing.Page page = depot.list(PROJECT, BUCKET, new Listing("", "", "", 0));
        assertThat(page.objects()).isEmpty();
        assertThat(page.next()).isEmpty();
    }
}
