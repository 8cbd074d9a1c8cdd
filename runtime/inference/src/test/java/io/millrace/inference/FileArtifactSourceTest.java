package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.AllowedOrigins;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileArtifactSourceTest {

    private static final DataSize LIMIT = DataSize.ofMebibytes(1);

    @TempDir Path disk;
    @TempDir Path target;
    private Path allowed;
    private FileArtifactSource source;

    @BeforeEach
    void write() throws IOException {
        allowed = Files.createDirectory(disk.resolve("models"));
        Files.createDirectories(allowed.resolve("digits/variables"));
        Files.writeString(allowed.resolve("digits/model.pb"), "graph");
        Files.writeString(allowed.resolve("digits/variables/data"), "numbers");
        Files.writeString(disk.resolve("secret"), "secret");
        source = new FileArtifactSource(AllowedOrigins.parse(List.of("file:" + allowed)));
    }

    @Test
    void copiesAFileUnderItsName() {
        source.fetch(address("models/digits/model.pb"), target, LIMIT);
        assertThat(target.resolve("model.pb")).hasContent("graph");
    }

    @Test
    void copiesAFolder() {
        source.fetch(address("models/digits"), target, LIMIT);
        assertThat(target.resolve("model.pb")).hasContent("graph");
        assertThat(target.resolve("variables/data")).hasContent("numbers");
    }

    @Test
    void readsNothingOutsideOfTheAllowedFolders() throws IOException {
        Files.createSymbolicLink(allowed.resolve("link"), disk.resolve("secret"));
        Files.createSymbolicLink(allowed.resolve("digits/link"), disk.resolve("secret"));
        assertRefused("secret", ErrorCode.DENIED, "models.origins");
        assertRefused("models/../secret", ErrorCode.INVALID, "dot segments");
        assertRefused("models/link", ErrorCode.DENIED, "leads out");
        assertRefused("models/digits", ErrorCode.INVALID, "links");
        assertThatThrownBy(() ->
                        source.fetch(
                                URI.create("file://host" + allowed + "/digits"), target, LIMIT))
                .isInstanceOf(MillraceException.class);
    }

    @Test
    void saysWhatIsMissingOrTooLarge() {
        assertRefused("models/gone", ErrorCode.NOT_FOUND, "there is no");
        assertThatThrownBy(() -> source.fetch(address("models/digits"), target, new DataSize(6)))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE));
    }

    /** The size of such a file is 0 as long as nobody reads it: only what was read counts. */
    @Test
    void doesNotBelieveTheSizeOfAFile() {
        var proc = new FileArtifactSource(AllowedOrigins.parse(List.of("file:/proc/self")));
        assertThatThrownBy(() ->
                        proc.fetch(URI.create("file:/proc/self/maps"), target, new DataSize(100)))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE));
    }

    @Test
    void aFaultOfTheServersOwnDiskMayPass() throws IOException {
        Files.writeString(target.resolve("model.pb"), "in the way");
        assertRefused("models/digits/model.pb", ErrorCode.INTERNAL, "cannot copy");
        assertThat(ErrorCode.INTERNAL.isTransient()).isTrue();
    }

    @Test
    void whatIsNoPathIsNoAddress() {
        assertRefused("models/%00", ErrorCode.INVALID, "expected the absolute path");
    }

    private URI address(String path) {
        return URI.create("file:" + disk + "/" + path);
    }

    private void assertRefused(String path, ErrorCode code, String text) {
        assertThatThrownBy(() -> source.fetch(address(path), target, LIMIT))
                .isInstanceOfSatisfying(
                        MillraceException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(text);
    }
}
