package io.millrace.connector.mqtt;

import io.millrace.api.MillraceException;
import java.net.URI;

/**
 * Where a broker is.
 *
 * @param host its name or address
 * @param port 1883, or 8883 with TLS, unless the URL has one
 * @param isTls whether the connection is encrypted
 */
record BrokerAddress(String host, int port, boolean isTls) {
    private static final int PLAIN_PORT = 1883;
    private static final int TLS_PORT = 8883;

    /**
     * Reads a URL.
     *
     * @throws MillraceException {@code INVALID} for anything but {@code mqtt://host:port} and
     *     {@code mqtts://host:port}
     */
    static BrokerAddress parse(String url) {
        URI uri;
        try {
            uri = URI.create(url);
        } catch (IllegalArgumentException _) {
            throw unreadable();
        }
        boolean isTls = "mqtts".equals(uri.getScheme());
        if (uri.getHost() == null || !(isTls || "mqtt".equals(uri.getScheme()))) {
            throw unreadable();
        }
        String host = uri.getHost();
        if (host.startsWith("[")) {
            host = host.substring(1, host.length() - 1);
        }
        int port = uri.getPort() >= 0 ? uri.getPort() : isTls ? TLS_PORT : PLAIN_PORT;
        return new BrokerAddress(host, port, isTls);
    }

    private static MillraceException unreadable() {
        // Not what came: somebody may have put a password into it.
        return MillraceException.invalid(
                "a broker's address is mqtt://host:port or mqtts://host:port");
    }

    @Override
    public String toString() {
        String shown = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        return (isTls ? "mqtts://" : "mqtt://") + shown + ":" + port;
    }
}
