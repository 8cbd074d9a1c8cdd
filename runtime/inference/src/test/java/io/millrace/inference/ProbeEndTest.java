package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProbeEndTest {

    @TempDir Path folder;

    @Test
    void aCrashOfTheJvmIsReadFromItsLog() throws IOException {
        Path log = folder.resolve("crash.log");
        Files.writeString(
                log,
                """
                #
                # A fatal error has been detected by the Java Runtime Environment:
                #
                #  SIGILL (0x4) at pc=0x00007f5cbc5a1b2c, pid=12, tid=34
                #
                # JRE version: OpenJDK Runtime Environment (25.0.3+9) (build 25.0.3+9-LTS)
                # Problematic frame:
                # C  [libtensorflow_cc.so.2+0x18b2c]  kernel+0x4c
                #
                """);
        assertThat(ProbeEnd.reason(134, log, "said"))
                .isEqualTo(
                        "the model crashes its engine (illegal instruction: is it built for"
                                + " another processor?, SIGILL in libtensorflow_cc.so.2); last"
                                + " output: said");
    }

    @Test
    void withoutALogTheExitCodeMustDo() {
        Path none = folder.resolve("none");
        assertThat(ProbeEnd.reason(137, none, "")).contains("out of memory?, SIGKILL)");
        assertThat(ProbeEnd.reason(139, none, "")).contains("segmentation fault, SIGSEGV)");
        assertThat(ProbeEnd.reason(17, none, "")).contains("exit code 17");
        assertThat(ProbeEnd.reason(0, none, "")).contains("ended by itself");
    }

    @Test
    void aLogOfNoTextIsNoLog() throws IOException {
        Path log = folder.resolve("crash.log");
        Files.write(log, new byte[] {(byte) 0xff, (byte) 0xfe, 0, '\n', (byte) 0x80});
        assertThat(ProbeEnd.reason(134, log, "")).contains("abort, SIGABRT");
    }
}
