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
        return output instanceof PipelineSpec.KafkaOutput
                ? Optional.of(new LogSink(log, parking))
                : Optional.empty();
    }
}
