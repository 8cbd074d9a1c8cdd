package io.millrace.management.http;

import io.helidon.http.Method;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.management.http.Route.Answer;
import io.millrace.management.http.Route.Body;
import io.millrace.security.SecretStore;
import io.millrace.spi.Secrets.Secret;
import io.millrace.store.ResourceStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Secrets: values go in, and only names come out. */
final class SecretRoutes {
    private static final String ALL = "/projects/{project}/secrets";
    private static final String ONE = ALL + "/{name}";
    private static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private final ResourceStore store;
    private final ResourceWrites writes;
    private final SecretStore secrets;
    private final ManagementLimits limits;

    SecretRoutes(
            ResourceStore store,
            ResourceWrites writes,
            SecretStore secrets,
            ManagementLimits limits) {
        this.store = store;
        this.writes = writes;
        this.secrets = secrets;
        this.limits = limits;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                        ALL,
                        "listSecrets",
                        "Lists secrets with the names of their values",
                        Answer.json("SecretList"),
                        this::list),
                Route.get(
                        ONE,
                        "getSecret",
                        "Gives the names of a secret's values",
                        Answer.json("Secret"),
                        this::get),
                new Route(
                        Method.PUT,
                        ONE,
                        "putSecret",
                        "Sets all values of a secret; connections that use it are made anew",
                        List.of(),
                        new Body("SecretValues", List.of(Json.MEDIA_TYPE)),
                        Answer.json("Secret"),
                        this::put),
                new Route(
                        Method.DELETE,
                        ONE,
                        "deleteSecret",
                        "Deletes a secret",
                        List.of(),
                        Body.NONE,
                        Answer.json("Secret"),
                        this::delete));
    }

    private void list(Call call) {
        ProjectId project = call.project();
        ResourceRoutes.requireProject(store.image(), project);
        ObjectNode body = Json.object();
        ArrayNode items = body.putArray("items");
        for (ResourceName name : secrets.names(project)) {
            // One that was deleted since is left out.
            secrets.find(project, name).ifPresent(found -> items.add(json(name, names(found))));
        }
        call.ok(body);
    }

    private void get(Call call) {
        call.ok(json(call.name(), names(find(call.project(), call.name()))));
    }

    private void put(Call call) {
        ProjectId project = call.project();
        ResourceName name = call.name();
        Map<String, String> values = values(call.text(limits.manifests()));
        writes.inProject(project, () -> secrets.put(project, name, values));
        call.ok(json(name, values.keySet()));
    }

    private void delete(Call call) {
        Secret last = find(call.project(), call.name());
        if (!secrets.delete(call.project(), call.name())) {
            throw unknown(call.name());
        }
        call.ok(json(call.name(), names(last)));
    }

    private Secret find(ProjectId project, ResourceName name) {
        ResourceRoutes.requireProject(store.image(), project);
        return secrets.find(project, name).orElseThrow(() -> unknown(name));
    }

    private static MillraceException unknown(ResourceName name) {
        return MillraceException.notFound("secret '" + name + "' does not exist");
    }

    private static Set<String> names(Secret secret) {
        return secret.values().keySet();
    }

    private static ObjectNode json(ResourceName name, Set<String> valueNames) {
        ObjectNode json = Json.object().put("name", name.value());
        ArrayNode names = json.putArray("values");
        new TreeSet<>(valueNames).forEach(names::add);
        return json;
    }

    /** Errors say where and never what: the parser's own words quote what it stumbled over. */
    private static Map<String, String> values(String body) {
        JsonNode json;
        try {
            json = MAPPER.readTree(body);
        } catch (JacksonException e) {
            TokenStreamLocation place = e.getLocation();
            throw MillraceException.invalid(
                    "the body is not a JSON object such as {\"user\": \"…\", \"password\": \"…\"}"
                            + (place == null
                                    ? ""
                                    : " (line %d, column %d)"
                                            .formatted(place.getLineNr(), place.getColumnNr())));
        }
        if (!json.isObject()) {
            throw MillraceException.invalid(
                    "the body must be a JSON object of texts, was " + json.getNodeType());
        }
        var values = new HashMap<String, String>();
        json.forEachEntry((name, value) -> {
            if (!value.isString()) {
                throw MillraceException.invalid(
                        "the value of '" + name + "' must be text, was " + value.getNodeType());
            }
            values.put(name, value.stringValue());
        });
        return values;
    }
}
