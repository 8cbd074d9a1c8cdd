package io.millrace.management.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.codec.ResourceReader;
import io.millrace.codec.ResourceWriter;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class OpenApiTest {
    private final TestServer server = new TestServer();

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void listsExactlyTheCallsThatAreServed() {
        JsonNode document = server.get("/openapi.json").json();
        assertThat(document.at("/openapi").asString()).isEqualTo("3.1.0");
        var documented = new TreeSet<String>();
        document.at("/paths")
                .forEachEntry((path, methods) ->
                        methods.forEachEntry((method, _) -> {
                            if (!method.equals("parameters")) {
                                documented.add(method + " " + path);
                            }
                        }));

        var served = new TreeSet<String>();
        for (Route route : server.routes.routes()) {
            served.add(route.method().text().toLowerCase(Locale.ROOT) + " " + route.path());
        }
        assertThat(documented).isEqualTo(served).hasSizeGreaterThan(25);
    }

    @Test
    void everyDocumentedCallIsReachable() {
        JsonNode paths = server.get("/openapi.json").json().at("/paths");
        paths.forEachEntry((path, methods) ->
                methods.forEachEntry((method, _) -> {
                    if (!method.equals("parameters")) {
                        assertReachable(method.toUpperCase(Locale.ROOT), path);
                    }
                }));
    }

    private void assertReachable(String method, String template) {
        // A revision of the future is refused, where a watch would not end.
        String path = template.replaceAll("\\{\\w+}", "x") + "?after=999999";
        var answer = server.send(method, path, BodyPublishers.noBody());
        assertThat(answer.status()).as(method + " " + path).isNotIn(405, 500, 501);
        assertThat(answer.response().body())
                .as(method + " " + path)
                .doesNotContain("there is nothing at");
    }

    @Test
    void everyReferenceHasItsSchemaAndEveryOperationItsOwnName() {
        JsonNode document = server.get("/openapi.json").json();
        var schemas = new HashSet<String>();
        document.at("/components/schemas").forEachEntry((name, _) -> schemas.add(name));

        for (JsonNode reference : document.findValues("$ref")) {
            assertThat(schemas).contains(reference.asString().replace("#/components/schemas/", ""));
        }
        List<String> names = new ArrayList<>();
        document.findValues("operationId").forEach(node -> names.add(node.asString()));
        assertThat(names).doesNotHaveDuplicates();
    }

    /** One resource of each kind with all that can be said of it. */
    private static final String EVERYTHING =
            """
            apiVersion: millrace.io/v1
            kind: Project
            metadata: {name: a, title: A, labels: {x: y}}
            spec: {description: d, members: [{user: u, role: editor}], serviceDomains: [local]}
            ---
            apiVersion: millrace.io/v1
            kind: Category
            metadata: {name: a}
            spec: {description: d, values: [v]}
            ---
            apiVersion: millrace.io/v1
            kind: DataSource
            metadata: {name: a}
            spec: {mqtt: {}, categories: {a: v}, fields: [{name: f, topic: t, categories: {a: v}}]}
            ---
            apiVersion: millrace.io/v1
            kind: Function
            metadata: {name: a}
            spec:
              language: python
              environment: python
              requirements: [numpy]
              source: {file: a.py, inline: "x = 1"}
              parameters: [{name: p, type: integer}]
              timeout: 5s
              memory: 64Mi
            ---
            apiVersion: millrace.io/v1
            kind: Model
            metadata: {name: a}
            spec:
              framework: tensorflow
              versions:
                - version: 1
                  uri: "blob:sha256:%s"
                  decode: {format: raw, type: uint8}
              aliases: {production: 1}
              batching: {maxBatchSize: 8, maxDelay: 5ms, maxQueuedItems: 10, workers: 2}
              traffic: {canary: {version: 1, percent: 10, stickyHeader: x-user}}
              signatureChange: allow
            ---
            apiVersion: millrace.io/v1
            kind: InferenceGraph
            metadata: {name: a}
            spec:
              nodes:
                root:
                  routerType: Splitter
                  steps:
                    - {name: s, model: a, version: 1, weight: 50, condition: x, data: $response}
                    - {function: a, weight: 50, dependency: Hard, mapPredictionsToInstances: true}
                next: {routerType: Ensemble, steps: [{nodeName: root}]}
            ---
            apiVersion: millrace.io/v1
            kind: Pipeline
            metadata: {name: a}
            spec:
              from: {dataSource: {name: a, fields: [f]}, start: earliest}
              steps:
                - function: {name: a, args: {p: "1"}}
                - model:
                    name: a
                    version: 1
                    decode: {format: msgpack, field: image, scale: 0.5}
                    encode: {format: json, labels: [x], top: 1, echo: [id]}
              to: [{mqtt: {topic: o}}, {kafka: {topic: k, readers: [g]}}]
              onError: {attempts: 2, backoff: 1s, deadLetter: true}
            ---
            apiVersion: millrace.io/v1
            kind: ModelDefinition
            metadata: {name: a}
            spec:
              library: keras
              imports: import math
              source: {file: a.py, inline: "model = 1"}
              requirements: [numpy]
            ---
            apiVersion: millrace.io/v1
            kind: Dataset
            metadata: {name: a}
            spec:
              ranges: ["t:0:0:9"]
              unlabelled: ["u:0:0:9"]
              decode: {format: raw, type: uint8}
              label: {place: header, name: h, decode: {format: raw, type: uint8}}
              split: {validation: 0.1, test: 0.1, order: as-sent, seed: 1}
              description: d
            ---
            apiVersion: millrace.io/v1
            kind: Experiment
            metadata: {name: a}
            spec:
              definitions: [a]
              dataset: a
              waiting: true
              training: {batch: 8, fit: {epochs: "2"}, evaluate: {verbose: "0"}, seed: 3}
              online: {idle: 5s, metric: loss, upward: true, improvement: 0.1}
              semiSupervised: {rounds: 2, confidence: 0.8}
              retrain: {every: 100, onDriftOf: a, model: a, metric: accuracy, upward: true}
            ---
            apiVersion: millrace.io/v1
            kind: TrainingRun
            metadata: {name: a}
            spec:
              definition: a
              dataset: a
              experiment: a
              training: {batch: 8}
              online: {idle: 5s}
              semiSupervised: {rounds: 2}
              stopped: true
            """
                    .formatted("0".repeat(64));

    @Test
    void theSchemasKnowAllThatResourcesHold() {
        JsonNode document = server.get("/openapi.json").json();
        var manifests = ResourceReader.forServer(ProjectId.DEFAULT).read("", EVERYTHING);
        assertThat(manifests).hasSize(Kind.values().length);

        for (var manifest : manifests) {
            JsonNode json = JsonMapper.shared().readTree(ResourceWriter.json(manifest));
            Set<String> unknown = new TreeSet<>();
            collectUnknown(
                    document,
                    document.at("/components/schemas/" + manifest.key().kind().label()),
                    json,
                    "",
                    unknown);
            assertThat(unknown).as(manifest.key().label()).isEmpty();
        }
    }

    private static void collectUnknown(
            JsonNode document, JsonNode schema, JsonNode value, String at, Set<String> unknown) {
        if (schema.has("$ref")) {
            JsonNode target = document.at(schema.at("/$ref").asString().substring(1));
            collectUnknown(document, target, value, at, unknown);
        } else if (value.isArray()) {
            value.forEach(item -> collectUnknown(document, schema.at("/items"), item, at, unknown));
        } else if (value.isObject() && schema.has("properties")) {
            value.forEachEntry((name, inner) -> {
                JsonNode property = schema.at("/properties/" + name);
                if (property.isMissingNode()) {
                    unknown.add(at + "/" + name);
                } else {
                    collectUnknown(document, property, inner, at + "/" + name, unknown);
                }
            });
        }
    }
}
