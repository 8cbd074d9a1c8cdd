package io.millrace.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.MillraceException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class IdxFileTest {

    @Test
    void readsItems() throws IOException {
        IdxFile file = read(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255);
        assertThat(file.count()).isEqualTo(2);
        assertThat(file.item(1)).containsExactly(4, 5, -1);
    }

    @Test
    void refusesWhatIsNoIdxFile() {
        int[][] bad = {
            {0, 0, 9, 1, 0, 0, 0, 1, 1},
            {0, 0, 8, 0},
            {0, 0, 8},
            {0, 0, 8, 1, 0, 0, 0, 2, 1},
            {0, 0, 8, 1, 0, 0, 0, 1, 1, 1},
            {0, 0, 8, 1, 255, 255, 255, 255},
            {0, 0, 8, 2, 127, 255, 255, 255, 127, 255, 255, 255}
        };
        for (int[] bytes : bad) {
            assertThatThrownBy(() -> read(bytes))
                    .isInstanceOf(MillraceException.class)
                    .hasMessageStartingWith("test ");
        }
    }

    @Test
    void readsTheSampleOfTheExample() {
        FashionSample sample = FashionSample.read(Path.of("../../examples/fashion/data"));
        assertThat(sample.picture(0)).hasSize(784);
        assertThat(IntStream.range(0, 10).mapToObj(sample::label))
                .containsExactlyInAnyOrderElementsOf(FashionSample.LABELS);
        assertThat(sample.picture(500)).isEqualTo(sample.picture(0));
    }

    private static IdxFile read(int... bytes) throws IOException {
        var packed = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(packed)) {
            for (int b : bytes) {
                out.write(b);
            }
        }
        return IdxFile.read("test", new ByteArrayInputStream(packed.toByteArray()));
    }
}
