package io.millrace.control;

import io.millrace.api.DecodeSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.spi.RunReport;
import io.millrace.spi.TrainingState.Phase;
import io.millrace.testkit.FakeTrainingHost;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Each run makes a model whose content is named after it. */
final class FakeRunModels implements RunModels {
    private final Map<ResourceKey, RunReport> reports = new HashMap<>();
    private String refusal = "";

    /** What a run reported of its test samples, and on which ranges it trained. */
    void report(ResourceKey run, Map<String, Double> test, String ranges) {
        DecodeSpec decode = GivenTraining.samples("digits").decode();
        reports.put(
                run,
                new RunReport(
                        FakeTrainingHost.state(Phase.FINISHED, 3, 3, Map.of(), ""),
                        List.of(),
                        test,
                        List.of(),
                        List.of(),
                        new RunReport.Samples(80, 10, 10, 0),
                        decode,
                        GivenTraining.samples("digits").label(),
                        Map.of("ranges", ranges),
                        List.of(),
                        List.of(),
                        Optional.empty(),
                        Optional.empty()));
    }

    /** Runs make nothing that can be served from now on. */
    void refuse(String why) {
        refusal = why;
    }

    @Override
    public Optional<RunReport> report(ResourceKey run) {
        return Optional.ofNullable(reports.get(run));
    }

    @Override
    public TrainedModel keep(ResourceKey run, Optional<String> framework) {
        if (!refusal.isEmpty()) {
            throw new MillraceException(ErrorCode.CONFLICT, refusal);
        }
        return new TrainedModel(
                framework.orElse("tensorflow"),
                "blob:sha256:" + run.name(),
                GivenTraining.samples("digits").decode());
    }
}
