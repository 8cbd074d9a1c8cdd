package io.millrace.app;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;

class PortCheckTest {

    @Test
    void namesEveryTakenPortWithItsOption() throws IOException {
        try (var first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var second = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ServerConfig config =
                    ConfigReader.read(
                            List.of(
                                    "--http-port",
                                    Integer.toString(first.getLocalPort()),
                                    "--mqtt-port",
                                    Integer.toString(new FreePorts().next()),
                                    "--kafka-port",
                                    Integer.toString(second.getLocalPort())));

            assertThatThrownBy(() -> PortCheck.check(config))
                    .hasMessageContaining("127.0.0.1:" + first.getLocalPort() + " (--http-port)")
                    .hasMessageContaining("127.0.0.1:" + second.getLocalPort() + " (--kafka-port)")
                    .hasMessageContaining("--port-base");
        }
    }
}
