package io.millrace.training.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is taken over from a trainer is out of its reach. */
class RunFolderTest {

    @TempDir Path home;

    private RunFolder folder = new RunFolder(Path.of("unused"));

    @BeforeEach
    void make() throws IOException {
        folder = new RunFolder(home);
        Files.createDirectories(folder.trainer().resolve("model"));
    }

    private Path made(String name, byte[] content) throws IOException {
        return Files.write(folder.trainer().resolve("model").resolve(name), content);
    }

    private Path kept() {
        return folder.model(1).resolve("model.keras");
    }

    @Test
    void aFileThatTheTrainerHoldsOpenIsNotWrittenThroughIt() throws IOException {
        Path file = made("m", "what was learned".getBytes(UTF_8));
        try (FileChannel held = FileChannel.open(file, StandardOpenOption.WRITE)) {
            assertThat(folder.take(file, 1, "model.keras")).isTrue();
            held.write(ByteBuffer.wrap("SOMETHING ELSE, and more of it".getBytes(UTF_8)), 0);
        }
        assertThat(kept()).hasContent("what was learned");
        assertThat(file).doesNotExist();
        try (var files = Files.list(folder.model(1))) {
            assertThat(files).containsExactly(kept());
        }
    }

    @Test
    void aFileUnderTwoNamesIsNotWrittenThroughTheOther() throws IOException {
        Path file = made("m", "what was learned".getBytes(UTF_8));
        Path other = Files.createLink(file.resolveSibling("other"), file);
        assertThat(folder.take(file, 1, "model.keras")).isTrue();
        Files.writeString(other, "something else");
        assertThat(kept()).hasContent("what was learned");
    }

    @Test
    void largeFilesWithHolesAreTheSame() throws IOException {
        byte[] content = new byte[5 << 20];
        content[100] = 1;
        content[(3 << 20) + 7] = 2;
        Path file = made("m", content);
        assertThat(folder.take(file, 1, "model.keras")).isTrue();
        assertThat(Files.readAllBytes(kept())).isEqualTo(content);
        assertThat(folder.take(made("empty", new byte[0]), 2, "model.keras")).isTrue();
        assertThat(folder.model(2).resolve("model.keras")).isEmptyFile();
    }

    @Test
    void onlyPlainFilesOfItsOwnAreTaken() throws IOException {
        Path secret = Files.writeString(home.resolve("secret"), "secret");
        Path link = Files.createSymbolicLink(folder.trainer().resolve("model/link"), secret);
        Path outside = Files.createSymbolicLink(folder.trainer().resolve("out"), home);
        assertThat(folder.take(link, 1, "model.keras")).isFalse();
        assertThat(folder.take(outside.resolve("secret"), 1, "model.keras")).isFalse();
        assertThat(folder.take(secret, 1, "model.keras")).isFalse();
        assertThat(folder.take(folder.trainer().resolve("model"), 1, "model.keras")).isFalse();
        assertThat(folder.take(folder.trainer().resolve("none"), 1, "model.keras")).isFalse();
        assertThat(kept()).doesNotExist();
        assertThat(secret).hasContent("secret");
    }
}
