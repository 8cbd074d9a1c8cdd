package io.millrace.embedded.mqtt;

import io.millrace.api.MillraceException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The broker's settings.
 *
 * @param directory where sessions and messages that wait are kept; owned by this broker
 * @param bindAddress of the TLS listener, such as {@code 0.0.0.0}
 * @param tls the listener with client certificates; null for none
 * @param plain the listener without TLS, on loopback only; null for none
 * @param limits where it stops taking more
 */
public record EmbeddedMqttConfig(
        Path directory,
        String bindAddress,
        @Nullable Tls tls,
        @Nullable Plain plain,
        MqttLimits limits) {

    /** Where MQTT clients expect it. */
    public static final int DEFAULT_TLS_PORT = 1883;

    /** Beside the TLS port. */
    public static final int DEFAULT_PLAIN_PORT = 1884;

    public EmbeddedMqttConfig {
        if (tls == null && plain == null) {
            throw MillraceException.invalid("the MQTT broker needs a listener: TLS, plain or both");
        }
    }

    /**
     * A listener that requires client certificates.
     *
     * @param port 0 for any free one
     * @param keyStore PKCS#12 with the server's key and chain
     * @param trustStore PKCS#12 with the authority that signs clients
     * @param password of both
     */
    public record Tls(int port, Path keyStore, Path trustStore, String password) {
        public Tls {
            checkPort(port);
        }

        /** Without the password. */
        @Override
        public String toString() {
            return "Tls[" + port + ", " + keyStore + ", " + trustStore + "]";
        }
    }

    /**
     * A listener for programs of this machine: the project is the user name, else {@code default}.
     *
     * @param port 0 for any free one
     */
    public record Plain(int port) {
        public Plain {
            checkPort(port);
        }
    }

    private static void checkPort(int port) {
        if (port < 0 || port > 65_535) {
            throw MillraceException.invalid("a port must be 0 to 65535, was " + port);
        }
    }
}
