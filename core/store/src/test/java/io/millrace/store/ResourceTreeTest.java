package io.millrace.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.Metadata;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.api.Status;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ResourceTreeTest {

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void holdsWhatASortedMapHolds(long seed) {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        var expected = new TreeMap<ResourceKey, Resource<?>>();
        ResourceTree tree = ResourceTree.EMPTY;
        for (int i = 0; i < 5_000; i++) {
            ResourceTree before = tree;
            int size = expected.size();
            var resource = resource("n" + random.nextInt(400), i);
            if (random.nextInt(5) < 3) {
                tree = tree.with(resource);
                expected.put(resource.key(), resource);
            } else {
                tree = tree.without(resource.key());
                expected.remove(resource.key());
            }
            if (i % 50 == 0) {
                assertThat(before.range(_ -> 0)).hasSize(size);
                assertThat(tree.range(_ -> 0)).containsExactlyElementsOf(expected.values());
                assertThat(tree.find(resource.key()).isPresent())
                        .isEqualTo(expected.containsKey(resource.key()));
            }
            assertThat(tree.height()).isLessThanOrEqualTo(12);
        }
    }

    @Test
    void staysFlatWithAHundredThousand() {
        ResourceTree tree = ResourceTree.EMPTY;
        for (int i = 0; i < 100_000; i++) {
            tree = tree.with(resource("n" + i, 1));
        }

        assertThat(tree.height()).isLessThanOrEqualTo(20);
        assertThat(tree.range(_ -> 0)).hasSize(100_000);
    }

    private static Resource<?> resource(String name, int revision) {
        var manifest = Manifests.category(name, "x");
        return new Resource<>(
                manifest.key(),
                new Metadata("u", "", Map.of(), 1, new Revision(revision), Instant.EPOCH),
                manifest.spec(),
                Status.NONE);
    }
}
