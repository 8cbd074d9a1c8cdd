package io.millrace.kafkaml;

import io.millrace.api.ExperimentSpec;
import io.millrace.api.FunctionSpec.Source;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.ModelDefinitionSpec.Library;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.DefinitionState;
import io.millrace.spi.TrainingHost;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code /models}: definitions. */
final class ModelCalls {

    private static final Logger LOG = LoggerFactory.getLogger(ModelCalls.class);
    private static final String FILE = "model.py";
    private static final int MAX_NAME = 30;
    private static final int MAX_DESCRIPTION = 100;
    private static final Duration LOOK = Duration.ofMillis(100);

    private final Catalog catalog;
    private final TrainingHost training;
    private final TimeSource time;
    private final Duration patience;

    ModelCalls(Catalog catalog, TrainingHost training, TimeSource time, Duration patience) {
        this.catalog = catalog;
        this.training = training;
        this.time = time;
        this.patience = patience;
    }

    Answer list() {
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        catalog.definitions().forEach(definition -> all.add(json(definition)));
        return Answer.json(all);
    }

    /** Chains of models over several machines are not there. */
    Answer none() {
        return Answer.json(JsonNodeFactory.instance.arrayNode());
    }

    Answer show(int id) {
        return Answer.json(json(catalog.definition(id)));
    }

    Answer ofResult(int result) {
        return Answer.json(json(catalog.result(result).definition()));
    }

    Answer create(Body body) {
        String name = name(body);
        catalog.requireFreeName(catalog.definitions(), name, "model");
        ResourceKey key = catalog.freshKey(Kind.MODEL_DEFINITION, name);
        ModelDefinitionSpec spec = spec(body, List.of());
        boolean isKept = false;
        try {
            check(key, spec);
            catalog.put(manifest(key, name, body, spec), true);
            isKept = true;
        } finally {
            if (!isKept) {
                training.forget(key);
            }
        }
        return Answer.created();
    }

    Answer change(int id, Body body) {
        Resource<ModelDefinitionSpec> before = catalog.definition(id);
        String name = name(body);
        if (!name.equals(Catalog.shownName(before))) {
            catalog.requireFreeName(catalog.definitions(), name, "model");
        }
        ModelDefinitionSpec spec = spec(body, before.spec().requirements());
        if (!spec.equals(before.spec())) {
            // Under a name of its own: what others train with stays until the new one is good.
            ResourceKey trial = catalog.freshKey(Kind.MODEL_DEFINITION, name + "-check");
            try {
                check(trial, spec);
            } finally {
                training.forget(trial);
            }
        }
        catalog.put(manifest(before.key(), name, body, spec), false);
        return Answer.done();
    }

    Answer delete(int id) {
        Resource<ModelDefinitionSpec> definition = catalog.definition(id);
        for (Resource<ExperimentSpec> configuration : catalog.configurations()) {
            if (configuration.spec().definitions().contains(definition.key().name())) {
                throw MillraceException.invalid(
                        "Model is used in the configuration \"%s\""
                                .formatted(Catalog.shownName(configuration)));
            }
        }
        catalog.delete(definition.key());
        return Answer.deleted();
    }

    private static String name(Body body) {
        String name = body.requiredText("name").strip();
        if (name.length() > MAX_NAME) {
            throw Body.problem("name", "at most " + MAX_NAME + " characters are allowed");
        }
        if (body.text("description").length() > MAX_DESCRIPTION) {
            throw Body.problem(
                    "description", "at most " + MAX_DESCRIPTION + " characters are allowed");
        }
        return name;
    }

    private static ModelDefinitionSpec spec(Body body, List<String> requirements) {
        if (body.flag("distributed") || !body.text("father").isEmpty()) {
            throw MillraceException.invalid(
                    "models that are distributed over several machines are not available here");
        }
        String framework = body.text("framework");
        Library library =
                switch (framework) {
                    case "", "tf" -> Library.KERAS;
                    case "pth" -> Library.PYTORCH;
                    default -> throw Body.problem("framework", "expected tf or pth");
                };
        return new ModelDefinitionSpec(
                library,
                body.text("imports"),
                new Source(FILE, body.requiredText("code")),
                requirements);
    }

    private static Manifest<ModelDefinitionSpec> manifest(
            ResourceKey key, String name, Body body, ModelDefinitionSpec spec) {
        Map<String, String> labels = new HashMap<>();
        if (!body.text("description").isEmpty()) {
            labels.put(Catalog.DESCRIPTION, body.text("description"));
        }
        return new Manifest<>(key, name, labels, spec);
    }

    /** Has the model built before it is kept, in a process of its own. */
    private void check(ResourceKey key, ModelDefinitionSpec spec) {
        training.check(key, spec, () -> {});
        long deadline = time.nanoTime() + patience.toNanos();
        Optional<DefinitionState> state = training.definition(key);
        while (time.nanoTime() - deadline < 0 && !isKnown(state)) {
            time.pause(LOOK);
            state = training.definition(key);
        }
        if (state.isPresent() && state.get() instanceof DefinitionState.Invalid(String message)) {
            throw MillraceException.invalid("Information not valid: " + message);
        }
        if (!isKnown(state)) {
            LOG.info(
                    "{} is kept unchecked: {}",
                    key,
                    state.map(Object::toString).orElse("no answer"));
        }
    }

    private static boolean isKnown(Optional<DefinitionState> state) {
        return state.filter(s ->
                        s instanceof DefinitionState.Valid || s instanceof DefinitionState.Invalid)
                .isPresent();
    }

    private ObjectNode json(Resource<ModelDefinitionSpec> definition) {
        ModelDefinitionSpec spec = definition.spec();
        ObjectNode json =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("id", catalog.id(definition))
                        .put("code", spec.source().code())
                        .put("name", Catalog.shownName(definition))
                        .put(
                                "description",
                                definition
                                        .metadata()
                                        .labels()
                                        .getOrDefault(Catalog.DESCRIPTION, ""))
                        .put("imports", spec.imports())
                        .put("distributed", false);
        json.putNull("father");
        return json.put("framework", framework(spec));
    }

    static String framework(ModelDefinitionSpec spec) {
        return switch (spec.library()) {
            case KERAS -> "tf";
            case PYTORCH -> "pth";
        };
    }
}
