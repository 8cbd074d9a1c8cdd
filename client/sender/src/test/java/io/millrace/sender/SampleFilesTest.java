package io.millrace.sender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.MillraceException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleFilesTest {

    @TempDir Path folder;

    @Test
    void readsArraysOfNumpy() throws IOException {
        Path file = folder.resolve("digits.npz");
        npz(
                file,
                array("x", "|u1", "2, 2, 2", "0102030405060708"),
                array("y", "<i8", "2", "07000000000000000900000000000000"));

        try (SampleSource source = open(file, "", false)) {
            assertThat(source.count()).isEqualTo(2);
            assertThat(source.encoding().config())
                    .hasToString(
                            "{\"data_type\":\"uint8\",\"label_type\":\"int64\",\"data_reshape\":\"2 2\",\"label_reshape\":\"1\"}");
            assertThat(all(source))
                    .containsExactly("0700000000000000=01020304", "0900000000000000=05060708");
        }
    }

    @Test
    void bigEndianNumbersAreTurnedRound() throws IOException {
        Path file = folder.resolve("digits.npz");
        npz(file, array("data", ">f4", "1, 1", "3f800000"), array("target", "|b1", "1", "01"));

        try (SampleSource source = open(file, "", false)) {
            assertThat(all(source)).containsExactly("01=0000803f");
        }
    }

    @Test
    void saysWhatIsWrongWithArrays() throws IOException {
        Path file = folder.resolve("bad.npz");
        npz(file, array("x", "|u1", "2, 2", "01020304"), array("y", "|u1", "3", "010203"));
        assertThatThrownBy(() -> open(file, "", false))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("\"x\" has 2 samples and \"y\" 3 labels");
        assertThatThrownBy(() -> open(file, "z", false))
                .hasMessageContaining("[x, y]")
                .hasMessageContaining("z");
        npz(file, array("x", "|O8", "1, 1", "00"), array("y", "|u1", "1", "00"));
        assertThatThrownBy(() -> open(file, "", false)).hasMessageContaining("\"O8\"");
    }

    @Test
    void readsLinesWithNamesOfColumns() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("iris.csv"),
                        "width,kind,\"height, cm\"\n1.5,setosa,2\n\n0.5,virginica,1\n");

        try (SampleSource source = open(file, "kind", false)) {
            assertThat(source.count()).isEqualTo(2);
            assertThat(source.notes()).containsExactly("labels: 0 = setosa, 1 = virginica");
            assertThat(source.encoding().config())
                    .hasToString(
                            "{\"data_type\":\"float32\",\"label_type\":\"uint8\",\"data_reshape\":\"2\",\"label_reshape\":\"1\"}");
            assertThat(all(source)).containsExactly("00=0000c03f00000040", "01=0000003f0000803f");
        }
    }

    @Test
    void theLastOfColumnsWithoutNamesIsTheLabel() throws IOException {
        Path file = Files.writeString(folder.resolve("numbers.csv"), "1,300\n2,0\n");

        try (SampleSource source = open(file, "", false)) {
            assertThat(all(source)).containsExactly("2c010000=0000803f", "00000000=00000040");
        }
    }

    @Test
    void namesTheLineThatIsWrong() throws IOException {
        Path file = Files.writeString(folder.resolve("bad.csv"), "a,label\n1,2\nmuch,3\n");

        try (SampleSource source = open(file, "", false)) {
            assertThat(source.next()).isNotNull();
            assertThatThrownBy(source::next)
                    .isInstanceOf(MillraceException.class)
                    .hasMessageContaining("bad.csv, line 3: column \"a\" is no number: \"much\"");
        }
    }

    @Test
    void writesAvroAsTheProtocolShowsIt() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("copd.csv"),
                        "gender,age,smoking,diagnosis\n"
                                + Float.intBitsToFloat(0x3f884d5c)
                                + ","
                                + Float.intBitsToFloat(0x3fb92cd2)
                                + ","
                                + Float.intBitsToFloat(0x3ea4a6b1)
                                + ",1\n");

        try (SampleSource source = open(file, "diagnosis", true)) {
            assertThat(source.encoding().format()).isEqualTo("AVRO");
            assertThat(source.encoding().config().path("data_scheme").asString())
                    .isEqualTo(
                            "{\"type\":\"record\",\"name\":\"Sample\",\"namespace\":\"millrace\",\"fields\":[{\"name\":\"gender\",\"type\":\"float\"},{\"name\":\"age\",\"type\":\"float\"},{\"name\":\"smoking\",\"type\":\"float\"}]}");
            // The label is an int here: zigzag of 1.
            assertThat(all(source)).containsExactly("02=5c4d883fd22cb93fb1a6a43e");
        }
    }

    @Test
    void eachFolderOfPicturesIsAClass() throws IOException {
        picture("cat/one.png", 3, 2, 0xff);
        picture("dog/two.png", 6, 4, 0x00);

        try (SampleSource source = open(folder, "folder", false)) {
            assertThat(source.notes()).containsExactly("labels: 0 = cat, 1 = dog");
            assertThat(source.encoding().config().path("data_reshape").asString()).isEqualTo("2 3");
            assertThat(all(source)).containsExactly("00=ffffffffffff", "01=000000000000");
        }
    }

    private void picture(String name, int width, int height, int grey) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(java.util.Objects.requireNonNull(file.getParent()));
        var image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.getRaster().setSample(x, y, 0, grey);
            }
        }
        ImageIO.write(image, "png", file.toFile());
    }

    private static SampleSource open(Path file, String label, boolean isAvro) throws IOException {
        return SampleFiles.open(file, label, NumberType.FLOAT32, isAvro);
    }

    private static List<String> all(SampleSource source) throws IOException {
        var hex = HexFormat.of();
        var all = new ArrayList<String>();
        for (Sample sample = source.next(); sample != null; sample = source.next()) {
            all.add(hex.formatHex(sample.label()) + "=" + hex.formatHex(sample.data()));
        }
        return all;
    }

    private record Entry(String name, byte[] content) {}

    private static Entry array(String name, String type, String shape, String hex) {
        String header =
                "{'descr': '%s', 'fortran_order': False, 'shape': (%s,), }\n"
                        .formatted(type, shape);
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes(HexFormat.of().parseHex("934e554d50590100"));
        bytes.write(header.length());
        bytes.write(0);
        bytes.writeBytes(header.getBytes(StandardCharsets.ISO_8859_1));
        bytes.writeBytes(HexFormat.of().parseHex(hex));
        return new Entry(name + ".npy", bytes.toByteArray());
    }

    private static void npz(Path file, Entry... arrays) throws IOException {
        try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Entry array : arrays) {
                zip.putNextEntry(new ZipEntry(array.name()));
                zip.write(array.content());
                zip.closeEntry();
            }
        }
    }
}
