package io.millrace.inference;

import static io.millrace.inference.ResidencyWorld.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus.State;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class OriginTest {

    private static final String ADDRESS = "https://models.example/mnist/7";

    @TempDir Path folder;
    private ResidencyWorld world;

    @BeforeEach
    void start() {
        world = new ResidencyWorld(folder);
    }

    @AfterEach
    void stop() {
        world.close();
    }

    private static Map<String, byte[]> files(String... namesAndContents) {
        var files = new TreeMap<String, byte[]>();
        for (int i = 0; i < namesAndContents.length; i += 2) {
            files.put(namesAndContents[i], bytes(namesAndContents[i + 1]));
        }
        return files;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static ModelSpec fetched(String address) {
        return spec(new ModelSpec.Version(1, address));
    }

    @Test
    void anAddressIsFetchedOnceAndItsContentStays() {
        world.source.put(ADDRESS, files("model.fake", "factor=3", "assets/words.txt", "a b"));
        world.serveUntil(1, fetched(ADDRESS));
        String sha256 = world.status(1).sha256();
        assertThat(world.blobs.contains(sha256)).isTrue();
        assertThat(world.status(1).origin()).isEqualTo(ADDRESS);
        assertThat(world.status(1).sizeBytes()).isEqualTo(11);

        world.source.put(ADDRESS, files("model.fake", "factor=4"));
        world.restart();
        world.serveUntil(1, fetched(ADDRESS));
        assertThat(world.status(1).sha256()).isEqualTo(sha256);
        assertThat(world.source.fetches()).isEqualTo(1);

        String other = "s3://models/mnist";
        world.source.put(other, files("model.fake", "factor=4"));
        world.serve(fetched(other));
        await().untilAsserted(() -> {
            assertThat(world.status(1).state()).isEqualTo(State.READY);
            assertThat(world.status(1).sha256()).isNotEqualTo(sha256);
        });
    }

    @Test
    void theSameFilesAreTheSameContent() {
        world.source.put(ADDRESS, files("model.fake", "width=2", "a", "1"));
        world.source.put("s3://b/m", files("a", "1", "model.fake", "width=2"));
        world.serve(spec(new ModelSpec.Version(1, ADDRESS), new ModelSpec.Version(2, "s3://b/m")));
        world.awaitReady(1);
        world.awaitReady(2);
        assertThat(world.status(1).sha256()).isEqualTo(world.status(2).sha256());
    }

    @Test
    void aSingleArchiveIsTakenAsIfItHadBeenUploaded() throws IOException {
        byte[] zip = Zips.fakeModel("width=2").readAllBytes();
        world.source.put(ADDRESS, Map.of("Model.ZIP", zip));
        world.serveUntil(1, fetched(ADDRESS));
        assertThat("blob:sha256:" + world.status(1).sha256())
                .isEqualTo(world.blob(new ByteArrayInputStream(zip)));
    }

    @Test
    void anAddressThatIsRefusedOrEmptySaysWhy() {
        world.source.put(ADDRESS, Map.of());
        world.serve(
                spec(
                        new ModelSpec.Version(1, ADDRESS),
                        new ModelSpec.Version(2, "https://169.254.169.254/latest"),
                        new ModelSpec.Version(3, "ftp://host/m?key=hidden"),
                        new ModelSpec.Version(4, "no address?key=hidden"),
                        new ModelSpec.Version(5, "https://models.example/none")));
        awaitRejected(1, "there are no files");
        awaitRejected(2, "169.254.169.254 is not allowed");
        awaitRejected(3, "the server, which reads [https, s3]");
        awaitRejected(4, "is no address");
        awaitRejected(5, "there is nothing at");
    }

    private void awaitRejected(int version, String says) {
        await().untilAsserted(() -> {
            assertThat(world.status(version).state()).isEqualTo(State.REJECTED);
            assertThat(world.status(version).message()).contains(says).doesNotContain("hidden");
        });
    }

    @Test
    void contentThatIsLostIsNotReplacedByAnother() throws IOException {
        world.source.put(ADDRESS, files("model.fake", "factor=3"));
        world.serveUntil(1, fetched(ADDRESS));
        String sha256 = world.status(1).sha256();
        Path home = folder.resolve("models").resolve(sha256);
        Path blob = folder.resolve("blobs/sha256").resolve(sha256.substring(0, 2)).resolve(sha256);

        world.source.put(ADDRESS, files("model.fake", "factor=4"));
        world.residency.close();
        Folders.deleteTree(home);
        Folders.deleteTree(blob);
        world.restart();
        world.serve(fetched(ADDRESS));
        awaitRejected(1, "a version never changes");

        world.source.put(ADDRESS, files("model.fake", "factor=3"));
        world.restart();
        world.serveUntil(1, fetched(ADDRESS));
        assertThat(world.status(1).sha256()).isEqualTo(sha256);
    }

    @Test
    void anArchiveThatWasMissingHasItsChanceOnceItIsThere() {
        ModelSpec.Version missing;
        try (var elsewhere = new ResidencyWorld(folder.resolve("elsewhere"))) {
            missing = elsewhere.version(1, "width=2");
        }
        world.serve(spec(missing));
        awaitRejected(1, "upload it again");
        world.serve(spec(missing));
        assertThat(world.status(1).state()).isEqualTo(State.REJECTED);
        assertThat(world.version(1, "width=2")).isEqualTo(missing);
        world.serveUntil(1, spec(missing));
        assertThat(world.answers()).isEqualTo(1);
    }

    @Test
    void whatNoEngineLoadsIsConvertedOnce() {
        world.converter.hold();
        var keras = new ModelSpec.Version(1, archive("model.h5", "factor=3"));
        ModelSpec spec = ModelSpec.of("keras", List.of(keras), Map.of());
        world.serve(spec);
        await().untilAsserted(
                        () -> assertThat(world.status(1).message()).isEqualTo("being converted"));
        world.converter.release();
        world.awaitServing(1);
        assertThat(world.answers()).isEqualTo(1);

        world.restart();
        world.serve(spec);
        world.awaitServing(1);
        assertThat(world.converter.conversions()).isEqualTo(1);
        assertThat(world.probes.get()).isEqualTo(1);
    }

    private String archive(String name, String content) {
        return world.blob(new ByteArrayInputStream(Zips.zip().with(name, content).bytes()));
    }

    @Test
    void whatCannotBeConvertedSaysWhy() {
        world.serve(
                ModelSpec.of(
                        "keras",
                        List.of(
                                new ModelSpec.Version(1, archive("model.h5", "broken")),
                                new ModelSpec.Version(2, archive("model.h6", "x"))),
                        Map.of()));
        awaitRejected(1, "not a Keras model");
        awaitRejected(2, "no engine for the framework 'keras'; this server has [fake]");
    }

    @Test
    void theChecksOfTheProbeAreShown() {
        world.serveUntil(1, spec(world.version(1, "width=2")));
        assertThat(world.status(1).checks())
                .anySatisfy(check -> {
                    assertThat(check.name()).isEqualTo("batch");
                    assertThat(check.result()).contains("merged");
                });
    }

    @Test
    void aDeletedModelIsForgotten() {
        world.source.put(ADDRESS, files("model.fake", "factor=3"));
        world.serveUntil(1, fetched(ADDRESS));
        world.residency.remove(ResidencyWorld.key("m"));
        world.serveUntil(1, fetched(ADDRESS));
        assertThat(world.source.fetches()).isEqualTo(2);
    }
}
