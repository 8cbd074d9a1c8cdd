package io.millrace.codec.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.random.RandomGeneratorFactory;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;

final class ArchivesTest {

    @Test
    void anArchivedFileIsAZipOfOneEntry() throws IOException {
        byte[] content = new byte[300_000];
        RandomGeneratorFactory.of("L64X128MixRandom").create(7).nextBytes(content);

        byte[] archive = archived("model.onnx", content);

        try (var zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
            assertThat(zip.getNextEntry().getName()).isEqualTo("model.onnx");
            assertThat(zip.readAllBytes()).isEqualTo(content);
            assertThat(zip.getNextEntry()).isNull();
        }
        assertThat(archive.length - content.length).isLessThan(1_000);
    }

    @Test
    void theSameFilesHaveTheSameBytesHoweverTheyAreWritten() throws IOException {
        byte[] content = "weights".getBytes(StandardCharsets.UTF_8);
        var written = new ByteArrayOutputStream();
        try (var archive = new ArchiveWriter(written)) {
            archive.begin("a.onnx");
            archive.write(content, 0, content.length);
        }

        assertThat(archived("a.onnx", content)).isEqualTo(written.toByteArray());
        // Fixed for ever: the hash of an archive must not change with the JDK or the time zone.
        assertThat(HexFormat.of().formatHex(Arrays.copyOf(written.toByteArray(), 14)))
                .isEqualTo("504b03041400080808000000410 0".replace(" ", ""));
    }

    @Test
    void anEmptyFileIsAnEntryToo() throws IOException {
        try (var zip =
                new ZipInputStream(new ByteArrayInputStream(archived("a.onnx", new byte[0])))) {
            assertThat(zip.getNextEntry().getName()).isEqualTo("a.onnx");
            assertThat(zip.read()).isEqualTo(-1);
        }
    }

    private static byte[] archived(String name, byte[] content) throws IOException {
        try (var archive = new ArchivedFile(name, new ByteArrayInputStream(content))) {
            return archive.readAllBytes();
        }
    }

    @Test
    void filesAreToldByTheirNames() {
        assertThat(ModelFile.ofName("Digits.ONNX")).contains(ModelFile.ONNX);
        assertThat(ModelFile.ofName("a.b.tflite")).contains(ModelFile.TFLITE);
        assertThat(ModelFile.ofName("m.h5")).contains(ModelFile.KERAS_H5);
        assertThat(ModelFile.ofName("m.keras")).contains(ModelFile.KERAS);
        assertThat(ModelFile.ofName("saved_model.pb")).contains(ModelFile.SAVED_MODEL);
        assertThat(ModelFile.ofName("m.zip")).isEmpty();
    }

    @Test
    void filesAreToldByHowTheyBegin() throws IOException {
        assertThat(ModelFile.ofHead(bytes("89484446 0d0a1a0a 00"))).contains(ModelFile.KERAS_H5);
        assertThat(ModelFile.ofHead(bytes("1c000000 54464c33 14"))).contains(ModelFile.TFLITE);
        assertThat(ModelFile.ofHead(bytes("0808 1207"))).contains(ModelFile.ONNX);
        assertThat(ModelFile.ofHead(bytes("0801 12ff"))).contains(ModelFile.SAVED_MODEL);
        assertThat(ModelFile.ofHead(archived("metadata.json", new byte[9])))
                .contains(ModelFile.KERAS);
        byte[] zip = archived("saved_model.pb", new byte[9]);
        assertThat(ModelFile.ofHead(zip)).isEmpty();
        assertThat(ModelFile.isZip(zip)).isTrue();
        assertThat(ModelFile.isGzip(bytes("1f8b08"))).isTrue();
        for (int length = 0; length < ModelFile.HEAD_BYTES; length++) {
            assertThat(ModelFile.ofHead(new byte[length])).isEmpty();
            assertThat(ModelFile.ofHead(Arrays.copyOf(zip, length))).isEmpty();
        }
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }
}
