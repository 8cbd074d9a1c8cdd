package io.millrace.stream;

import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.spi.Sink;
import io.millrace.spi.SinkConnector;
import io.millrace.spi.StreamLog;
import java.util.Optional;

/** Serves {@code kafka} outputs with the log itself. */
final class LogSinkConnector implements SinkConnector {

    private final StreamLog log;
    private final Parking parking;

    LogSinkConnector(StreamLog log, Parking parking) {
        this.log = log;
        this.parking = parking;
    }

    @Override
    public Optional<Sink> open(ProjectId project, PipelineSpec.Output output) {
        return switch (output) {
            case PipelineSpec.KafkaOutput kafka when kafka.cluster().isEmpty() ->
                    Optional.of(LogSink.toFreeTopics(log, parking));
            case PipelineSpec.StreamOutput() -> Optional.of(LogSink.toOwnTopics(log, parking));
            default -> Optional.empty();
        };
    }
}
