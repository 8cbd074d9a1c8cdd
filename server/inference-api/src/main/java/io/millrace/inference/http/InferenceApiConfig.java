package io.millrace.inference.http;

import io.millrace.api.DataSize;
import java.time.Duration;

/**
 * Limits of the inference API.
 *
 * @param maxBody the largest request body; larger ones get 413
 * @param timeout the most that a call may take, queueing included; then 504
 */
public record InferenceApiConfig(DataSize maxBody, Duration timeout) {

    /** 64 MiB and one minute. */
    public static InferenceApiConfig standard() {
        return new InferenceApiConfig(DataSize.ofMebibytes(64), Duration.ofSeconds(60));
    }
}
