package io.millrace.bench;

import io.millrace.api.MillraceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Declares what the benchmarks need on a server. */
final class Setup {

    static final String SMALL_TOPIC = "bench/small";
    static final String SMALL_LOG_TOPIC = "default.source.small.small";
    static final String IMAGE_TOPIC = "bench/images";
    static final String ANSWER_TOPIC = "bench/answers";

    /** What {@link #tflite} answers with its double. */
    static final byte[] TFLITE_REQUEST =
            "{\"instances\":[[1,2,3]]}".getBytes(StandardCharsets.US_ASCII);

    private static final String RESOURCES =
            """
            apiVersion: millrace.io/v1
            kind: DataSource
            metadata: {name: small}
            spec: {mqtt: {}, fields: [{name: small, topic: bench/small}]}
            ---
            apiVersion: millrace.io/v1
            kind: DataSource
            metadata: {name: images}
            spec: {mqtt: {}, fields: [{name: images, topic: bench/images}]}
            """;

    private static final String PIPELINE =
            """
            apiVersion: millrace.io/v1
            kind: Pipeline
            metadata: {name: bench}
            spec:
              from: {dataSource: {name: images}}
              steps:
                - model:
                    name: fashion_classifier
                    decode: {format: msgpack, field: image}
                    encode: {format: json, labels: [a, b, c, d, e, f, g, h, i, j], top: 1, echo: [id]}
              to: [{mqtt: {topic: bench/answers}}]
            """;

    private final ServerUnderTest server;
    private final HttpClient http = HttpClient.newHttpClient();

    Setup(ServerUnderTest server) {
        this.server = server;
    }

    void sources() throws IOException, InterruptedException {
        apply(RESOURCES);
        awaitReady("datasources/small");
        awaitReady("datasources/images");
    }

    void pipeline() throws IOException, InterruptedException {
        model();
        apply(PIPELINE);
        awaitReady("pipelines/bench");
    }

    void model() throws IOException, InterruptedException {
        Path zip =
                Path.of(
                        System.getProperty("millrace.home"),
                        "examples/fashion/fashion_classifier.zip");
        send(
                HttpRequest.newBuilder(
                                server.url()
                                        .resolve(
                                                "/api/v1/projects/default/models/fashion_classifier/versions/1?framework=tensorflow"))
                        .header("Content-Type", "application/zip")
                        .POST(HttpRequest.BodyPublishers.ofFile(zip))
                        .build());
        awaitReady("models/fashion_classifier");
    }

    /** Uploads a version of an ONNX model and waits until it can be called. */
    void onnx(String name, int version, byte[] model) throws IOException, InterruptedException {
        upload(name, version, "onnx", "model.onnx", model);
    }

    /** The doubling model of the engine's own tests. */
    void tflite(String name) throws IOException, InterruptedException {
        Path file =
                Path.of(
                        System.getProperty("millrace.home"),
                        "plugin/model-tflite/src/test/resources/models/doubling.tflite");
        upload(name, 1, "tflite", "model.tflite", Files.readAllBytes(file));
    }

    private void upload(String name, int version, String framework, String file, byte[] model)
            throws IOException, InterruptedException {
        var zip = new ByteArrayOutputStream();
        try (var out = new ZipOutputStream(zip)) {
            out.putNextEntry(new ZipEntry(file));
            out.write(model);
        }
        String path =
                "/api/v1/projects/default/models/%s/versions/%d?framework=%s"
                        .formatted(name, version, framework);
        send(
                HttpRequest.newBuilder(server.url().resolve(path))
                        .header("Content-Type", "application/zip")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(zip.toByteArray()))
                        .build());
        awaitReady("models/" + name);
    }

    /** Puts a version into production. */
    void promote(String name, int version) throws IOException, InterruptedException {
        post(
                "/api/v1/projects/default/models/" + name + "/promote",
                "{\"version\":%d}".formatted(version).getBytes(StandardCharsets.US_ASCII));
    }

    /** Fails unless the answer is a success. */
    String post(String path, byte[] body) throws IOException, InterruptedException {
        return send(
                HttpRequest.newBuilder(server.url().resolve(path))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                        .build());
    }

    void apply(String yaml) throws IOException, InterruptedException {
        send(
                HttpRequest.newBuilder(server.url().resolve("/api/v1/apply?project=default"))
                        .header("Content-Type", "application/yaml")
                        .POST(HttpRequest.BodyPublishers.ofString(yaml))
                        .build());
    }

    void awaitReady(String resource) throws IOException, InterruptedException {
        long end = System.nanoTime() + 60_000_000_000L;
        while (true) {
            String body =
                    send(
                            HttpRequest.newBuilder(
                                            server.url()
                                                    .resolve(
                                                            "/api/v1/projects/default/" + resource))
                                    .build());
            if (body.replace(" ", "").contains("\"type\":\"Ready\",\"status\":\"True\"")) {
                return;
            }
            if (System.nanoTime() > end) {
                throw MillraceException.internal(resource + " did not get ready: " + body, null);
            }
            Thread.sleep(50);
        }
    }

    /** Deletes a resource and waits until it is gone. */
    void delete(String resource) throws IOException, InterruptedException {
        send(
                HttpRequest.newBuilder(server.url().resolve("/api/v1/projects/default/" + resource))
                        .DELETE()
                        .build());
    }

    private String send(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw MillraceException.internal(
                    request.uri() + " answered " + answer.statusCode() + ": " + answer.body(),
                    null);
        }
        return answer.body();
    }
}
