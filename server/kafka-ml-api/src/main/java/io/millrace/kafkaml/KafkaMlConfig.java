package io.millrace.kafkaml;

import io.millrace.api.ProjectId;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How Kafka-ML's interface is served.
 *
 * @param bind the address; there is no login
 * @param port 0 for any free one (tests)
 * @param project whose models and experiments it shows; Kafka-ML knows no projects
 * @param ledger the file that keeps what it keeps itself
 * @param check how long a new model may be tried before the caller gets an answer
 */
public record KafkaMlConfig(String bind, int port, ProjectId project, Path ledger, Duration check) {

    /** Where its clients look by default. */
    public static final int DEFAULT_PORT = 8000;
}
