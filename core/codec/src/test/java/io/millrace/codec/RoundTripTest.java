package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.Manifest;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.Status;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RoundTripTest {

    private final ResourceReader reader = ResourceReader.forServer(ProjectId.DEFAULT);

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void readingGivesBackWhatWasWritten(long seed) {
        var resources =
                new RandomResources(RandomGeneratorFactory.of("L64X128MixRandom").create(seed));
        for (int i = 0; i < 60; i++) {
            Resource<?> resource = resources.resource();
            assertThat((Object) ResourceReader.readResource(ResourceWriter.json(resource)))
                    .isEqualTo(resource);
            assertThat((Object) ResourceReader.readResource(ResourceWriter.yaml(resource)))
                    .isEqualTo(resource);
            assertThat(
                            ResourceReader.readSpec(
                                    resource.key().kind(),
                                    "",
                                    ResourceWriter.specJson(
                                            resource.key().kind(), resource.spec())))
                    .isEqualTo(resource.spec());

            Manifest<?> manifest = resources.manifest();
            assertThat(reader.read("", ResourceWriter.json(manifest)))
                    .isEqualTo(java.util.List.of(manifest));
            assertThat(reader.read("", ResourceWriter.yaml(manifest)))
                    .isEqualTo(java.util.List.of(manifest));

            Status status = resources.status();
            Status read = ResourceReader.readStatus("", ResourceWriter.statusJson(status));
            assertThat(read).isEqualTo(status);
            assertThat(read.details().keySet())
                    .containsExactlyElementsOf(status.details().keySet());
        }
    }
}
