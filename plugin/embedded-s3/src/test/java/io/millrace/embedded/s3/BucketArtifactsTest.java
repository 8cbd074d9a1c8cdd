package io.millrace.embedded.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import io.millrace.spi.ArtifactAddress;
import io.millrace.spi.ObjectStore;
import io.millrace.testkit.RecordingMeters;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BucketArtifactsTest {

    private static final ProjectId SHOP = new ProjectId("shop");
    private static final ProjectId OTHER = new ProjectId("other");
    private static final DataSize LIMIT = DataSize.ofMebibytes(1);

    @TempDir private Path folder;
    private EmbeddedObjectStore store;
    private BucketArtifacts artifacts;
    private Path target;

    @BeforeEach
    void open() throws IOException {
        store =
                EmbeddedObjectStore.open(
                        new EmbeddedS3Config(folder.resolve("s3"), DataSize.ofMebibytes(1)),
                        TimeSource.system(),
                        IdSource.random(),
                        new RecordingMeters());
        artifacts = store.artifacts();
        target = Files.createDirectory(folder.resolve("target"));
        ObjectStore mine = store.of(SHOP);
        mine.ensureBucket("models");
        for (String key :
                List.of(
                        "m/saved_model.pb",
                        "m/variables/v.data",
                        "m2/other",
                        "one.onnx",
                        "m/dir/")) {
            mine.put("models", key, key.getBytes(UTF_8), "", Map.of());
        }
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static ArtifactAddress address(ProjectId project, String uri) {
        return new ArtifactAddress(URI.create(uri), project, Optional.empty());
    }

    private List<String> fetched(String uri) throws IOException {
        artifacts.fetch(address(SHOP, uri), target, LIMIT);
        try (Stream<Path> files = Files.walk(target)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> target.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void fetchesAFolderAsOne() throws IOException {
        assertThat(fetched("s3://models/m")).containsExactly("saved_model.pb", "variables/v.data");
        assertThat(target.resolve("variables/v.data")).hasContent("m/variables/v.data");
    }

    @Test
    void fetchesOneObject() throws IOException {
        assertThat(fetched("s3://models/one.onnx")).containsExactly("one.onnx");
    }

    @Test
    void fetchesAWholeBucket() throws IOException {
        assertThat(fetched("s3://models")).hasSize(4);
    }

    @Test
    void readsNobodyElsesBuckets() {
        assertThat(artifacts.has(address(SHOP, "s3://models/m"))).isTrue();
        assertThat(artifacts.has(address(OTHER, "s3://models/m"))).isFalse();
        assertCode(address(OTHER, "s3://models/m"), ErrorCode.NOT_FOUND);
        assertCode(address(SHOP, "s3://models/gone"), ErrorCode.NOT_FOUND);
        assertCode(address(SHOP, "s3://models:1/m"), ErrorCode.INVALID);
        assertThatThrownBy(() -> artifacts.check(URI.create("s3://models/m")))
                .hasMessageContaining("in no project");
    }

    @Test
    void refusesWhatIsTooLargeOrWouldLeaveTheFolder() {
        assertThatThrownBy(() ->
                        artifacts.fetch(address(SHOP, "s3://models/m"), target, new DataSize(5)))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE));
        store.of(SHOP).put("models", "bad/../../x", new byte[1], "", Map.of());
        assertCode(address(SHOP, "s3://models/bad"), ErrorCode.INVALID);
        assertThat(folder.resolve("x")).doesNotExist();
    }

    private void assertCode(ArtifactAddress address, ErrorCode code) {
        assertThatThrownBy(() -> artifacts.fetch(address, target, LIMIT))
                .isInstanceOfSatisfying(
                        MillraceException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
