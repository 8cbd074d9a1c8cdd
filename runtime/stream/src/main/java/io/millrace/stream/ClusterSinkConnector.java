package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.spi.LogClusters;
import io.millrace.spi.Sink;
import io.millrace.spi.SinkConnector;
import java.util.Optional;

/** Serves {@code kafka} outputs that name another cluster. */
public final class ClusterSinkConnector implements SinkConnector {
    private final LogClusters clusters;
    private final Parking parking = Parking.threads();

    /** Opens clusters when the first record is to be written. */
    public ClusterSinkConnector(LogClusters clusters) {
        this.clusters = clusters;
    }

    @Override
    public Optional<Sink> open(ProjectId project, PipelineSpec.Output output) {
        if (!(output instanceof PipelineSpec.KafkaOutput kafka) || kafka.cluster().isEmpty()) {
            return Optional.empty();
        }
        var cluster = kafka.cluster().get();
        return Optional.of(
                new ClusterSink(
                        () -> {
                            try {
                                return clusters.open(project, cluster);
                            } catch (MillraceException e) {
                                // A secret that is missing is no fault of the records.
                                throw new MillraceException(ErrorCode.UNAVAILABLE, e.text(), e);
                            }
                        },
                        parking));
    }
}
