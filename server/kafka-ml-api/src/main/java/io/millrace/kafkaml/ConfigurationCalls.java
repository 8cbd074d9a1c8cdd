package io.millrace.kafkaml;

import io.millrace.api.ExperimentSpec;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TrainingSettings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code /configurations}: experiments that are only kept. */
final class ConfigurationCalls {

    private final Catalog catalog;

    ConfigurationCalls(Catalog catalog) {
        this.catalog = catalog;
    }

    Answer list() {
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        catalog.configurations().forEach(configuration -> all.add(json(configuration)));
        return Answer.json(all);
    }

    Answer show(int id) {
        return Answer.json(json(catalog.configuration(id)));
    }

    Answer create(Body body) {
        String name = body.requiredText("name").strip();
        catalog.requireFreeName(catalog.configurations(), name, "configuration");
        put(catalog.freshKey(Kind.EXPERIMENT, name), name, body, true);
        return Answer.created();
    }

    Answer change(int id, Body body) {
        Resource<ExperimentSpec> before = catalog.configuration(id);
        String name = body.requiredText("name").strip();
        if (!name.equals(Catalog.shownName(before))) {
            catalog.requireFreeName(catalog.configurations(), name, "configuration");
        }
        put(before.key(), name, body, false);
        return Answer.done();
    }

    Answer delete(int id) {
        Resource<ExperimentSpec> configuration = catalog.configuration(id);
        if (!catalog.deploymentsOf(configuration).isEmpty()) {
            throw MillraceException.invalid("Configuration has deployments; delete them first");
        }
        catalog.delete(configuration.key());
        return Answer.deleted();
    }

    Answer frameworks(int id) {
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        var names = new TreeSet<String>();
        models(catalog.configuration(id)).forEach(m -> names.add(ModelCalls.framework(m.spec())));
        names.forEach(all::add);
        return Answer.json(all);
    }

    Answer isDistributed(int id) {
        var _ = catalog.configuration(id);
        return Answer.json(BooleanNode.FALSE);
    }

    private void put(ResourceKey key, String name, Body body, boolean isNew) {
        List<ResourceName> models =
                body.ids("ml_models").stream()
                        .map(id -> catalog.definition(id).key().name())
                        .toList();
        if (models.isEmpty()) {
            throw Body.problem("ml_models", "at least one model is required");
        }
        Map<String, String> labels = new HashMap<>();
        if (!body.text("description").isEmpty()) {
            labels.put(Catalog.DESCRIPTION, body.text("description"));
        }
        catalog.put(
                new Manifest<>(
                        key,
                        name,
                        labels,
                        new ExperimentSpec(
                                models,
                                new TrainingSettings(
                                        1,
                                        Map.of(),
                                        Map.of(),
                                        0,
                                        false,
                                        TrainingSettings.DEFAULT_TIMEOUT,
                                        TrainingSettings.DEFAULT_MEMORY),
                                Optional.empty(),
                                false,
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty())),
                isNew);
    }

    private List<Resource<ModelDefinitionSpec>> models(Resource<ExperimentSpec> configuration) {
        return catalog.definitions().stream()
                .filter(m -> configuration.spec().definitions().contains(m.key().name()))
                .toList();
    }

    private ObjectNode json(Resource<ExperimentSpec> configuration) {
        ObjectNode json =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("id", catalog.id(configuration))
                        .put("name", Catalog.shownName(configuration))
                        .put(
                                "description",
                                configuration
                                        .metadata()
                                        .labels()
                                        .getOrDefault(Catalog.DESCRIPTION, ""));
        ArrayNode models = json.putArray("ml_models");
        models(configuration)
                .forEach(m ->
                        models.addObject()
                                .put("id", catalog.id(m))
                                .put("name", Catalog.shownName(m)));
        ArrayNode deployments = json.putArray("deployments");
        catalog.deploymentsOf(configuration)
                .forEach(d ->
                        deployments
                                .addObject()
                                .put("id", Catalog.number(d).orElseThrow())
                                .put("time", Texts.time(d.metadata().createdAt())));
        return json.put("time", Texts.time(configuration.metadata().createdAt()));
    }
}
