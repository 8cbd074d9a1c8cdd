package io.millrace.codec.payload;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class PythonNumbersTest {

    /** Made by the script beside the table. */
    private static final String TABLE = "python_numbers.txt";

    @Test
    void writesWhatPythonWrites() throws IOException {
        List<String> lines = lines();
        assertThat(lines).hasSizeGreaterThan(700);
        for (String line : lines) {
            double number = Double.longBitsToDouble(Long.parseUnsignedLong(line, 0, 16, 16));
            var out = new StringBuilder("=");
            PythonNumbers.append(out, number);
            assertThat(out).as("the bits %s", line).hasToString("=" + line.substring(17));
        }
    }

    private static List<String> lines() throws IOException {
        try (var in = Objects.requireNonNull(PythonNumbersTest.class.getResourceAsStream(TABLE))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }
}
