package io.millrace.control;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.spi.BlobStore;
import io.millrace.spi.RunReport;
import io.millrace.spi.TrainingResults;
import java.util.Optional;

/** What runs have reported and made, for those who make versions of it. */
public interface RunModels {

    /** All that a run has reported; empty when it is unknown. */
    Optional<RunReport> report(ResourceKey run);

    /**
     * Keeps the model of a run.
     *
     * @param framework that shall serve it; empty for the best of what the run made
     * @throws MillraceException {@code NOT_FOUND} when the run is unknown, {@code CONFLICT} when it
     *     made no model that can be served
     */
    TrainedModel keep(ResourceKey run, Optional<String> framework);

    /** Models of what trainers made. */
    static RunModels of(TrainingResults results, BlobStore blobs, TrainedModel.Packing packing) {
        return new RunModels() {
            @Override
            public Optional<RunReport> report(ResourceKey run) {
                return results.report(run);
            }

            @Override
            public TrainedModel keep(ResourceKey run, Optional<String> framework) {
                return TrainedModel.keep(run, framework, results, blobs, packing);
            }
        };
    }

    /** Knows no run. */
    static RunModels none() {
        return new RunModels() {
            @Override
            public Optional<RunReport> report(ResourceKey run) {
                return Optional.empty();
            }

            @Override
            public TrainedModel keep(ResourceKey run, Optional<String> framework) {
                throw new MillraceException(
                        ErrorCode.UNSUPPORTED, "this server does not train models again");
            }
        };
    }
}
