package io.millrace.codec;

import io.millrace.api.TrainingRunSpec;
import io.millrace.codec.Node.MapNode;
import java.util.Optional;

/** {@code kind: TrainingRun}. */
final class TrainingRunCodec implements KindCodec<TrainingRunSpec> {

    @Override
    public Class<TrainingRunSpec> type() {
        return TrainingRunSpec.class;
    }

    @Override
    public TrainingRunSpec read(Fields spec) {
        Value experiment = spec.optional("experiment");
        var run =
                new TrainingRunSpec(
                        spec.required("definition").name("model definition"),
                        spec.required("dataset").name("dataset"),
                        experiment.isPresent()
                                ? Optional.of(experiment.name("experiment"))
                                : Optional.empty(),
                        TrainingCodec.settings(spec.optional("training")),
                        TrainingCodec.online(spec.optional("online")),
                        TrainingCodec.semiSupervised(spec.optional("semiSupervised")),
                        spec.optional("stopped").bool(false));
        spec.rejectUnknown();
        return run;
    }

    @Override
    public MapNode write(TrainingRunSpec spec) {
        var map =
                Node.map()
                        .put("definition", spec.definition().value())
                        .put("dataset", spec.dataset().value())
                        .put("training", TrainingCodec.write(spec.settings()));
        spec.experiment().ifPresent(experiment -> map.put("experiment", experiment.value()));
        spec.online().ifPresent(online -> map.put("online", TrainingCodec.write(online)));
        spec.semiSupervised()
                .ifPresent(semi -> map.put("semiSupervised", TrainingCodec.write(semi)));
        return map.put("stopped", spec.isStopped()).build();
    }
}
