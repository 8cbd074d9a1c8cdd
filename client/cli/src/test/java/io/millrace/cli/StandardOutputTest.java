package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StandardOutputTest {

    @Test
    void forgivesAReaderThatLeftButNotALossOfOutput() {
        assertThat(after("Broken pipe").fault()).isEmpty();
        assertThat(after("No space left on device").fault()).contains("No space left on device");
    }

    private static StandardOutput after(String failure) {
        var output =
                new StandardOutput(
                        new OutputStream() {
                            @Override
                            public void write(int b) throws IOException {
                                throw new IOException(failure);
                            }
                        });
        var stream = new PrintStream(output, true, StandardCharsets.UTF_8);
        var terminal = new Terminal(stream, stream, false, false);
        assertThat(terminal.tryPrintNow("x")).isFalse();
        return output;
    }
}
