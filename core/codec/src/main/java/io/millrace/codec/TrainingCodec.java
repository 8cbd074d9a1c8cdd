package io.millrace.codec;

import io.millrace.api.DataSize;
import io.millrace.api.HeldBackMetric;
import io.millrace.api.OnlineSpec;
import io.millrace.api.RetrainSpec;
import io.millrace.api.SemiSupervisedSpec;
import io.millrace.api.TrainingSettings;
import io.millrace.codec.Node.MapNode;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/** What experiments and runs say alike: how models are trained. */
final class TrainingCodec {

    private static final int MOST_BATCH = 1 << 20;
    private static final int MOST_ROUNDS = 1_000;
    private static final Duration LEAST_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration MOST_TIMEOUT = Duration.ofDays(30);
    private static final DataSize LEAST_MEMORY = DataSize.ofMebibytes(256);
    private static final DataSize MOST_MEMORY = DataSize.ofMebibytes(1 << 20);

    private TrainingCodec() {}

    static TrainingSettings settings(Value value) {
        Fields fields = value.fields();
        Value batch = fields.optional("batch");
        Value seed = fields.optional("seed");
        var settings =
                new TrainingSettings(
                        batch.isPresent() ? Math.max(1, batch.integer(1, MOST_BATCH)) : 32,
                        PythonArguments.read(fields.optional("fit")),
                        PythonArguments.read(fields.optional("evaluate")),
                        seed.isPresent() ? seed.count() : 0,
                        fields.optional("confusionMatrix").bool(true),
                        fields.optional("timeout")
                                .duration(
                                        TrainingSettings.DEFAULT_TIMEOUT,
                                        LEAST_TIMEOUT,
                                        MOST_TIMEOUT),
                        fields.optional("memory")
                                .size(TrainingSettings.DEFAULT_MEMORY, LEAST_MEMORY, MOST_MEMORY));
        fields.rejectUnknown();
        return settings;
    }

    static MapNode write(TrainingSettings settings) {
        return Node.map()
                .put("batch", settings.batch())
                .put("fit", Node.texts(settings.fit()))
                .put("evaluate", Node.texts(settings.evaluate()))
                .put("seed", settings.seed())
                .put("confusionMatrix", settings.hasConfusionMatrix())
                .put("timeout", Durations.format(settings.timeout()))
                .put("memory", settings.memory().toString())
                .build();
    }

    static Optional<OnlineSpec> online(Value value) {
        if (!value.isPresent()) {
            return Optional.empty();
        }
        Fields fields = value.fields();
        Value idle = fields.optional("idle");
        Value metric = fields.optional("metric");
        Value improvement = fields.optional("improvement");
        var online =
                new OnlineSpec(
                        idle.isPresent()
                                ? Optional.of(
                                        idle.duration(
                                                Duration.ofMinutes(1),
                                                Duration.ofMillis(100),
                                                MOST_TIMEOUT))
                                : Optional.empty(),
                        metric.isPresent() ? Optional.of(metric.filledText()) : Optional.empty(),
                        fields.optional("upward").bool(false),
                        improvement.isPresent() ? improvement.decimal() : 0.05);
        fields.rejectUnknown();
        return Optional.of(online);
    }

    static MapNode write(OnlineSpec online) {
        var map = Node.map();
        online.idle().ifPresent(idle -> map.put("idle", Durations.format(idle)));
        online.metric().ifPresent(metric -> map.put("metric", metric));
        return map.put("upward", online.isUpward())
                .put("improvement", online.improvement())
                .build();
    }

    static Optional<SemiSupervisedSpec> semiSupervised(Value value) {
        if (!value.isPresent()) {
            return Optional.empty();
        }
        Fields fields = value.fields();
        Value rounds = fields.optional("rounds");
        Value confidence = fields.optional("confidence");
        double least =
                confidence.isPresent()
                        ? confidence.decimal()
                        : SemiSupervisedSpec.DEFAULT.confidence();
        if (least < 0 || least > 1) {
            confidence.problem("must be a probability from 0 to 1, was " + least);
        }
        var spec =
                new SemiSupervisedSpec(
                        rounds.isPresent()
                                ? rounds.integer(1, MOST_ROUNDS)
                                : SemiSupervisedSpec.DEFAULT.rounds(),
                        least);
        fields.rejectUnknown();
        return Optional.of(spec);
    }

    static MapNode write(SemiSupervisedSpec spec) {
        return Node.map().put("rounds", spec.rounds()).put("confidence", spec.confidence()).build();
    }

    static Optional<RetrainSpec> retrain(Value value) {
        if (!value.isPresent()) {
            return Optional.empty();
        }
        Fields fields = value.fields();
        Value every = fields.optional("every");
        Value onDriftOf = fields.optional("onDriftOf");
        Value improvement = fields.optional("improvement");
        Value window = fields.optional("window");
        if (!every.isPresent() && !onDriftOf.isPresent()) {
            fields.problem("missing one of every, onDriftOf");
        }
        String name = fields.required("metric").filledText();
        // Which names can be compared by is a question for who writes, not for who reads the store.
        boolean isUsuallyUpward =
                HeldBackMetric.find(name).map(HeldBackMetric::isUpward).orElse(false);
        var spec =
                new RetrainSpec(
                        every.isPresent() ? OptionalLong.of(every.count()) : OptionalLong.empty(),
                        onDriftOf.isPresent()
                                ? Optional.of(onDriftOf.name("model"))
                                : Optional.empty(),
                        fields.required("model").name("model"),
                        name,
                        fields.optional("upward").bool(isUsuallyUpward),
                        improvement.isPresent() ? improvement.decimal() : 0,
                        window.isPresent()
                                ? OptionalLong.of(window.count())
                                : OptionalLong.empty());
        fields.rejectUnknown();
        return Optional.of(spec);
    }

    static MapNode write(RetrainSpec spec) {
        var map = Node.map();
        spec.every().ifPresent(every -> map.put("every", every));
        spec.onDriftOf().ifPresent(model -> map.put("onDriftOf", model.value()));
        map.put("model", spec.model().value())
                .put("metric", spec.metric())
                .put("upward", spec.isUpward())
                .put("improvement", spec.improvement());
        spec.window().ifPresent(window -> map.put("window", window));
        return map.build();
    }
}
