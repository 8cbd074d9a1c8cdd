package io.millrace.codec.kserve;

import io.millrace.api.BatchingSpec;
import io.millrace.api.FrameworkName;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelSpec.Version;
import io.millrace.api.ResourceKey;
import io.millrace.api.Scope;
import io.millrace.api.TransformerSpec;
import io.millrace.codec.Fields;
import io.millrace.codec.ForeignDocuments;
import io.millrace.codec.Value;
import io.millrace.codec.kserve.KServeResources.Translated;
import io.millrace.codec.kserve.Predictor.Percent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** {@code InferenceService}: a model, and a function when it has a transformer. */
final class ServiceReader {

    private static final String STOP = "serving.kserve.io/stop";
    private static final String SCRAPING = "serving.kserve.io/enable-prometheus-scraping";
    private static final List<String> OF_SERVING =
            List.of("serving.kserve.io/", "serving.kubeflow.org/", "millrace.io/");

    private final Accounts accounts;
    private final Surroundings surroundings;
    private final Head head;
    private final Notes notes;
    private final Optional<ModelSpec> model;
    private final PredictorReader predictors;

    ServiceReader(Head head, Accounts accounts, Surroundings surroundings, Notes notes) {
        this.head = head;
        this.accounts = accounts;
        this.surroundings = surroundings;
        this.notes = notes;
        this.model = surroundings.model(head.project(), head.name());
        this.predictors = new PredictorReader(head.project(), accounts, notes, model);
    }

    /** A version that is tried out beside the one in production. */
    private record Trial(Predictor predictor, Percent percent) {}

    List<Translated> read(Value root, boolean isFormOf2019) {
        annotations();
        Fields fields = root.fields();
        for (String known : List.of("apiVersion", "kind", "metadata", "status")) {
            fields.optional(known);
        }
        Value spec = fields.required("spec");
        fields.rejectUnknown();
        return isFormOf2019 ? formOf2019(spec) : form(spec);
    }

    private List<Translated> form(Value spec) {
        var section = new Section(spec, ServiceTables.SPEC, notes);
        Value written = section.required("predictor");
        Value transformer = section.optional("transformer");
        Value canary = section.optional("canary");
        section.end();
        if (!written.isPresent()) {
            return List.of();
        }
        Predictor predictor = predictors.read(written);
        Optional<Trial> trial =
                canary.isPresent() ? trial(canary) : predictor.canary().flatMap(this::trial);
        if (trial.isPresent() && predictor.canaryPercent().share().isPresent()) {
            predictor
                    .canaryPercent()
                    .place()
                    .problem("only one of canaryTrafficPercent, canary is allowed");
        }
        return translated(predictor, trial, transformer);
    }

    private Optional<Trial> trial(Value canary) {
        List<Value> entries = canary.items();
        if (entries.size() > 1) {
            entries.get(1).problem("one canary at a time is available; leave the others out");
        }
        return entries.stream()
                .findFirst()
                .map(entry -> {
                    var section = new Section(entry, ServiceTables.CANARY, notes);
                    var percent = Percent.of(section.required("trafficPercent"));
                    Predictor predictor = predictors.read(section.required("predictor"));
                    section.end();
                    return new Trial(predictor, percent);
                });
    }

    private List<Translated> formOf2019(Value spec) {
        var section = new Section(spec, ServiceTables.SPEC_2019, notes);
        Value main = section.required("default");
        Value canary = section.optional("canary");
        var percent = Percent.of(section.optional("canaryTrafficPercent"));
        section.end();
        if (!main.isPresent()) {
            return List.of();
        }
        var fields = new Section(main, ServiceTables.ENDPOINT_2019, notes);
        Predictor predictor = predictors.read(fields.required("predictor"));
        Value transformer = fields.optional("transformer");
        fields.end();
        Optional<Trial> trial = Optional.empty();
        if (canary.isPresent()) {
            var other = new Section(canary, ServiceTables.ENDPOINT_2019, notes);
            trial = Optional.of(new Trial(predictors.read(other.required("predictor")), percent));
            Value own = other.optional("transformer");
            if (own.isPresent()) {
                own.problem("a canary has no transformer of its own: that of 'default' is used");
            }
            other.end();
        }
        return translated(predictor, trial, transformer);
    }

    private void annotations() {
        head.annotations()
                .forEach((name, value) -> {
                    String text = value.looseText().strip();
                    var rule = ServiceTables.ANNOTATIONS.find(name);
                    if (name.equals(STOP) && text.equalsIgnoreCase("true")) {
                        value.problem("'stop' is not available: " + rule.orElseThrow().text());
                    } else if (name.equals(SCRAPING) && text.equalsIgnoreCase("false")) {
                        notes.warn(
                                value,
                                "'" + SCRAPING + "' has no effect: /metrics is always there");
                    } else if (rule.isEmpty()
                            || rule.get().treatment() != FieldRule.Treatment.HONOURED) {
                        tell(name, value, rule);
                    }
                });
    }

    private void tell(String name, Value value, Optional<FieldRule> rule) {
        String shown = "annotation '" + ForeignDocuments.shown(name) + "'";
        List<String> known =
                ServiceTables.ANNOTATIONS.rules().stream().map(FieldRule::name).toList();
        if (rule.isEmpty() && name.startsWith("millrace.io/")) {
            value.problem("unknown " + shown + ForeignDocuments.hint(name, known));
        } else if (rule.isPresent()) {
            notes.warn(value, shown + " has no effect: " + rule.get().text());
        } else if (OF_SERVING.stream().anyMatch(name::startsWith)) {
            notes.warn(value, shown + " has no effect here");
        } // what other tools write for themselves asks nothing of us
    }

    private List<Translated> translated(
            Predictor predictor, Optional<Trial> trial, Value transformer) {
        refuseOtherFramework(predictor);
        trial.ifPresent(t -> {
            checkSettings(t.predictor(), predictor);
            if (!t.predictor().framework().isEmpty()
                    && !t.predictor().framework().equals(predictor.framework())) {
                t.predictor()
                        .format()
                        .problem(
                                "a canary has the format of its service, " + predictor.framework());
            }
        });
        Optional<TransformerReader.ReadTransformer> code =
                transformer.isPresent()
                        ? new TransformerReader(head, accounts, surroundings, notes)
                                .read(transformer)
                        : Optional.empty();
        boolean isWhole =
                !predictor.framework().isEmpty()
                        && !predictor.address().isEmpty()
                        && trial.filter(t -> t.predictor().address().isEmpty()).isEmpty();
        if (!isWhole) {
            return List.of(); // what is wrong has been noted
        }
        var translated = new ArrayList<Translated>();
        code.ifPresent(c ->
                translated.add(
                        new Translated(
                                c.function(),
                                notes.document(),
                                Map.of(
                                        "", transformer.pointer(),
                                        "/spec/source", annotation(TransformerReader.FILE),
                                        "/spec/environment",
                                                annotation(TransformerReader.ENVIRONMENT)))));
        translated.add(model(predictor, trial, code.map(TransformerReader.ReadTransformer::spec)));
        return translated;
    }

    /** What a canary says about calls holds for the whole model or not at all. */
    private void checkSettings(Predictor canary, Predictor main) {
        if (!canary.settings().isStandard() && !canary.settings().equals(main.settings())) {
            notes.warn(
                    canary.place(),
                    "'batcher' and 'containerConcurrency' of a canary have no effect: those of the"
                            + " service hold for all versions");
        }
        if (canary.canaryPercent().share().isPresent()) {
            canary.canaryPercent().place().problem("a canary has no canary of its own");
        }
        canary.canary().ifPresent(value -> value.problem("a canary has no canary of its own"));
    }

    private String annotation(String name) {
        Value value = head.annotations().get(name);
        return value == null ? "/metadata/annotations" : value.pointer();
    }

    private void refuseOtherFramework(Predictor predictor) {
        model.map(ModelSpec::framework)
                .filter(_ -> !predictor.framework().isEmpty())
                .filter(now ->
                        !FrameworkName.canonical(now)
                                .equals(FrameworkName.canonical(predictor.framework())))
                .ifPresent(now ->
                        predictor
                                .format()
                                .problem(
                                        "the model %s is of format %s, and all its versions are: delete it first, or use another name"
                                                .formatted(head.name(), now)));
    }

    private Translated model(
            Predictor predictor, Optional<Trial> trial, Optional<TransformerSpec> transformer) {
        Rollout before = Rollout.of(model);
        Rollout after =
                trial.map(t ->
                                before.serve(version(predictor))
                                        .tryOut(version(t.predictor()), share(t.percent())))
                        .orElseGet(() -> rollOut(before, predictor));
        BatchingSpec batching =
                predictor
                        .settings()
                        .over(model.map(ModelSpec::batching).orElse(BatchingSpec.STANDARD));
        var spec =
                new ModelSpec(
                        predictor.framework(),
                        after.versions(),
                        after.aliases(),
                        batching,
                        after.traffic(),
                        model.map(ModelSpec::signatureChange)
                                .orElse(ModelSpec.SignatureChange.REFUSE),
                        model.flatMap(ModelSpec::monitor),
                        transformer);
        var key = new ResourceKey(Kind.MODEL, new Scope.InProject(head.project()), head.name());
        return new Translated(
                new Manifest<>(key, "", head.labels(), spec),
                notes.document(),
                origins(predictor, trial, after));
    }

    private static int share(Percent percent) {
        return percent.share().orElse(0);
    }

    private Rollout rollOut(Rollout before, Predictor predictor) {
        Percent percent = predictor.canaryPercent();
        OptionalInt share = percent.share();
        if (share.isEmpty()) {
            return before.serve(version(predictor));
        }
        if (before.versions().isEmpty() && share.getAsInt() < 100) {
            notes.warn(
                    percent.place(),
                    "'canaryTrafficPercent' has no effect on the first version: it gets all calls");
        }
        return before.tryOut(version(predictor), share.getAsInt());
    }

    /** The version of a predictor's address; its number is decided later. */
    private Version version(Predictor predictor) {
        return new Version(1, content(predictor), Optional.empty(), predictor.store());
    }

    /** Of a file that the model has already its content's address, so that it is recognised. */
    private String content(Predictor predictor) {
        String address = predictor.address();
        Optional<String> path = StorageAddress.localPath(address);
        if (path.isEmpty() || model.isEmpty()) {
            return address;
        }
        try {
            String known = surroundings.contentAddress(notes.document(), path.get());
            return model.get().versions().stream().anyMatch(v -> v.uri().equals(known))
                    ? known
                    : address;
        } catch (MillraceException e) {
            predictor
                    .place()
                    .problem(
                            "the file '%s' cannot be used: %s"
                                    .formatted(ForeignDocuments.shown(path.get()), e.text()));
            return address;
        }
    }

    private static Map<String, String> origins(
            Predictor predictor, Optional<Trial> trial, Rollout rollout) {
        var origins = new java.util.HashMap<String, String>();
        origins.put("/metadata", "/metadata");
        origins.put("/spec/framework", predictor.format().pointer());
        String place = predictor.place().pointer();
        origins.put("/spec", place);
        for (int i = 0; i < rollout.versions().size(); i++) {
            boolean isTrial =
                    trial.isPresent()
                            && rollout.traffic() instanceof io.millrace.api.TrafficRule.Canary c
                            && c.version() == rollout.versions().get(i).version();
            origins.put(
                    "/spec/versions/" + i,
                    isTrial ? trial.get().predictor().place().pointer() : place);
        }
        return origins;
    }
}
