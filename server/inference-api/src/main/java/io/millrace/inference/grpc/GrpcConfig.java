package io.millrace.inference.grpc;

import io.millrace.api.DataSize;
import java.time.Duration;

/**
 * Limits of gRPC.
 *
 * @param maxMessage the largest request message, also after decompression; larger ones get
 *     RESOURCE_EXHAUSTED
 * @param timeout the most that a call may take, queueing included; then DEADLINE_EXCEEDED. A
 *     caller's own deadline makes it shorter
 */
public record GrpcConfig(DataSize maxMessage, Duration timeout) {

    /** 64 MiB and one minute, as over HTTP. */
    public static GrpcConfig standard() {
        return new GrpcConfig(DataSize.ofMebibytes(64), Duration.ofSeconds(60));
    }
}
