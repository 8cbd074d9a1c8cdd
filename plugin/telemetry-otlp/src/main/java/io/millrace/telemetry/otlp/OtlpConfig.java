package io.millrace.telemetry.otlp;

import io.millrace.api.MillraceException;
import java.net.URI;

/**
 * Where spans go, and of what.
 *
 * @param endpoint of the collector, such as {@code http://127.0.0.1:4318}; without a path, that of
 *     OTLP is meant
 * @param share of the work that comes without a trace, from 0 to 1
 * @param node which process this is
 * @param version of the server
 */
public record OtlpConfig(URI endpoint, double share, String node, String version) {

    private static final String PATH = "/v1/traces";

    /**
     * Checks the numbers.
     *
     * @throws MillraceException {@code INVALID}
     */
    public OtlpConfig {
        if (!(share >= 0 && share <= 1)) {
            throw MillraceException.invalid(
                    "the share that is traced must be from 0 to 1, was " + share);
        }
    }

    /** Where requests go. */
    String address() {
        String path = endpoint.getPath();
        return path == null || path.isEmpty() || path.equals("/")
                ? endpoint.resolve(PATH).toString()
                : endpoint.toString();
    }
}
