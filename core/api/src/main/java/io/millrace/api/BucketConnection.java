package io.millrace.api;

import java.util.Optional;

/**
 * An object store that speaks S3 and is not the embedded one.
 *
 * @param endpoint such as {@code https://minio.example.com:9000}; empty for Amazon's
 * @param region with which requests are signed
 * @param secret with {@code accessKey} and {@code secretKey}; empty to ask without credentials
 * @param isPathStyle whether the bucket stands in the path, rather than in the host's name
 */
public record BucketConnection(
        String endpoint, String region, Optional<ResourceName> secret, boolean isPathStyle) {

    /** The region of requests where nothing else is said. */
    public static final String DEFAULT_REGION = "us-east-1";
}
