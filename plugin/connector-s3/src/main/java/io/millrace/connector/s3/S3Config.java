package io.millrace.connector.s3;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * How to reach an object store.
 *
 * @param endpoint of a store other than Amazon's, such as {@code http://127.0.0.1:9000}; null for
 *     Amazon's
 * @param region with which requests are signed
 * @param accessKey null to ask without credentials
 * @param secretKey null to ask without credentials
 */
public record S3Config(
        @Nullable URI endpoint,
        String region,
        @Nullable String accessKey,
        @Nullable String secretKey) {

    /** Without the secret: this may end in a log. */
    @Override
    public String toString() {
        return "S3Config[endpoint=%s, region=%s, accessKey=%s]"
                .formatted(endpoint, region, accessKey);
    }
}
