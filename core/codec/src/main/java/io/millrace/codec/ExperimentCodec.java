package io.millrace.codec;

import io.millrace.api.ExperimentSpec;
import io.millrace.api.ResourceName;
import io.millrace.codec.Node.MapNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code kind: Experiment}. */
final class ExperimentCodec implements KindCodec<ExperimentSpec> {

    @Override
    public Class<ExperimentSpec> type() {
        return ExperimentSpec.class;
    }

    @Override
    public ExperimentSpec read(Fields spec) {
        Value declared = spec.required("definitions");
        var definitions = new ArrayList<ResourceName>();
        declared.items().forEach(item -> definitions.add(item.name("model definition")));
        Value.refuseDuplicates("model definition", declared.items());
        if (definitions.isEmpty()) {
            if (declared.isPresent()) {
                declared.problem("expected at least one model definition");
            }
            definitions.add(new ResourceName("none"));
        }
        Value dataset = spec.optional("dataset");
        var experiment =
                new ExperimentSpec(
                        definitions,
                        TrainingCodec.settings(spec.optional("training")),
                        dataset.isPresent()
                                ? Optional.of(dataset.name("dataset"))
                                : Optional.empty(),
                        spec.optional("waiting").bool(true),
                        TrainingCodec.online(spec.optional("online")),
                        TrainingCodec.semiSupervised(spec.optional("semiSupervised")),
                        TrainingCodec.retrain(spec.optional("retrain")));
        spec.rejectUnknown();
        return experiment;
    }

    @Override
    public MapNode write(ExperimentSpec spec) {
        List<String> definitions = spec.definitions().stream().map(ResourceName::value).toList();
        var map =
                Node.map()
                        .put("definitions", Node.texts(definitions))
                        .put("training", TrainingCodec.write(spec.settings()));
        spec.dataset().ifPresent(dataset -> map.put("dataset", dataset.value()));
        map.put("waiting", spec.isWaiting());
        spec.online().ifPresent(online -> map.put("online", TrainingCodec.write(online)));
        spec.semiSupervised()
                .ifPresent(semi -> map.put("semiSupervised", TrainingCodec.write(semi)));
        spec.retrain().ifPresent(retrain -> map.put("retrain", TrainingCodec.write(retrain)));
        return map.build();
    }
}
