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
    private final ReplyTopics replies;

    LogSinkConnector(StreamLog log, Parking parking) {
        this(log, parking, new ReplyTopics());
    }

    LogSinkConnector(StreamLog log, Parking parking, ReplyTopics replies) {
        this.log = log;
        this.parking = parking;
        this.replies = replies;
    }

    @Override
    public Optional<Sink> open(ProjectId project, PipelineSpec.Output output) {
        return switch (output) {
            case PipelineSpec.KafkaOutput kafka when kafka.cluster().isEmpty() ->
                    Optional.of(
                            LogSink.to(LogTopics.of(log, project, kafka, replies), log, parking));
            case PipelineSpec.StreamOutput() -> Optional.of(LogSink.toOwnTopics(log, parking));
            default -> Optional.empty();
        };
    }
}
