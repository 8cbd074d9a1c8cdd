package io.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {

    @TempDir Path folder;

    @Test
    void aSecondHolderIsToldWhoTheFirstIs() {
        try (var _ = DataDirectory.take(folder, "process 7 since noon")) {
            assertThatThrownBy(() -> DataDirectory.take(folder, "process 8"))
                    .hasMessageContaining("in use by process 7 since noon")
                    .hasMessageContaining("--data DIR");
        }
    }

    @Test
    void isFreeAgainAfterClose() {
        DataDirectory.take(folder, "first").close();

        try (var second = DataDirectory.take(folder, "second")) {
            assertThat(second.folder("kafka")).isDirectory();
        }
    }

    @Test
    void keepsItsNodeId() {
        String first;
        try (var directory = DataDirectory.take(folder, "first")) {
            first = directory.nodeId(() -> "id-1");
        }
        try (var directory = DataDirectory.take(folder, "second")) {
            assertThat(directory.nodeId(() -> "id-2")).isEqualTo(first).isEqualTo("id-1");
        }
    }

    @Test
    void saysWhatIsWrongWithAPlaceThatCannotBeUsed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");

        assertThatThrownBy(() -> DataDirectory.take(file.resolve("data"), "me"))
                .hasMessageContaining("cannot use the data directory " + file.resolve("data"));
    }
}
