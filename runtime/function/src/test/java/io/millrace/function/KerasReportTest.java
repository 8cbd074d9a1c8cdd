package io.millrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The converting process may be in the hands of the file that it converts. */
class KerasReportTest {

    @TempDir Path folder;

    @Test
    void readsTheEndOfAReportThatDoesNotFitIntoMemory() throws IOException {
        Path report = folder.resolve("report");
        try (var file = new RandomAccessFile(report.toFile(), "rw")) {
            file.setLength(3L << 30); // takes no room on the disk
            file.seek(file.length());
            file.writeBytes("the reason");
        }
        assertThat(KerasConverter.end(report, 10)).isEqualTo("the reason");
    }

    @Test
    void readsAShortReportWholeAndNoText() throws IOException {
        Path report = folder.resolve("report");
        Files.write(report, new byte[] {'a', (byte) 0xff, ' '});
        assertThat(KerasConverter.end(report, 10)).isEqualTo("a\uFFFD");
    }

    @Test
    void readsNoOtherFileThroughALink() throws IOException {
        Path secret = Files.writeString(folder.resolve("secret"), "secret");
        Path report = Files.createSymbolicLink(folder.resolve("report"), secret);
        assertThatThrownBy(() -> KerasConverter.end(report, 10)).isInstanceOf(IOException.class);
    }
}
