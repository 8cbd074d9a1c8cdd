package io.millrace.embedded.mqtt;

import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The broker's settings.
 *
 * @param directory where sessions and messages that wait are kept; owned by this broker
 * @param listeners at least one, names unique
 * @param limits where it stops taking more
 */
public record EmbeddedMqttConfig(Path directory, List<Listener> listeners, MqttLimits limits) {

    /** Where MQTT clients expect it. */
    public static final int DEFAULT_TLS_PORT = 1883;

    /** Beside the TLS port. */
    public static final int DEFAULT_PLAIN_PORT = 1884;

    private static final String LOOPBACK = "127.0.0.1";

    public EmbeddedMqttConfig {
        listeners = List.copyOf(listeners);
        if (listeners.isEmpty()) {
            throw MillraceException.invalid("the MQTT broker needs a listener: TLS, plain or both");
        }
        var names = new HashSet<String>();
        for (Listener listener : listeners) {
            if (!names.add(listener.name())) {
                throw MillraceException.invalid(
                        "two MQTT listeners have the name '" + listener.name() + "'");
            }
        }
    }

    /**
     * Where clients come in.
     *
     * @param name unique, for logs
     * @param bind address, such as {@code 0.0.0.0}
     * @param port 0 for any free one
     * @param keys for TLS; null for none
     * @param policy whom it lets in
     */
    public record Listener(String name, String bind, int port, @Nullable Keys keys, Policy policy) {

        static final String CERTIFICATES = "tls";
        static final String PLAIN = "plain";
        static final String LOGIN = "login";

        public Listener {
            if (port < 0 || port > 65_535) {
                throw MillraceException.invalid("a port must be 0 to 65535, was " + port);
            }
            if (policy instanceof ClientCertificates && keys == null) {
                throw MillraceException.invalid("client certificates need TLS");
            }
        }

        /** TLS that requires client certificates. */
        public static Listener certificates(String bind, int port, Keys keys) {
            return new Listener(CERTIFICATES, bind, port, keys, new ClientCertificates());
        }

        /** Without TLS, for programs of this machine: the project is the user name. */
        public static Listener local(int port) {
            return plain(LOOPBACK, port, new Anonymous(null));
        }

        /** Without TLS. */
        public static Listener plain(String bind, int port, Policy policy) {
            return new Listener(PLAIN, bind, port, null, policy);
        }

        /** TLS with the server's certificate alone; clients come with user and password. */
        public static Listener login(String bind, int port, Keys keys, ProjectId project) {
            return new Listener(LOGIN, bind, port, keys, new Passwords(project));
        }

        /** Whether anybody who reaches it may do something, and may listen on the way. */
        boolean isOpen() {
            return keys == null
                    && !bind.equals("localhost")
                    && !bind.startsWith("127.")
                    && !bind.equals("::1");
        }
    }

    /**
     * For TLS.
     *
     * @param keyStore PKCS#12 with the server's key and chain
     * @param trustStore PKCS#12 with the authority that signs clients
     * @param password of both
     */
    public record Keys(Path keyStore, Path trustStore, String password) {
        /** Without the password. */
        @Override
        public String toString() {
            return "Keys[" + keyStore + ", " + trustStore + "]";
        }
    }

    /** Whom a listener lets in. */
    public sealed interface Policy {}

    /** Those with a certificate, into the project that it names. */
    public record ClientCertificates() implements Policy {}

    /**
     * Everybody, but not to the topics of data sources that have users.
     *
     * @param project theirs; null when the user name says it, else {@code default}
     */
    public record Anonymous(@Nullable ProjectId project) implements Policy {}

    /**
     * Users of data sources, to the topics that are theirs.
     *
     * @param project of names without one; {@code project/user} names another
     */
    public record Passwords(ProjectId project) implements Policy {}
}
