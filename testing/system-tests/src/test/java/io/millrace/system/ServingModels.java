package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;

/** Puts models on a server in the ways that users have. */
final class ServingModels {

    private static final Path LITE =
            Repository.root().resolve("plugin/model-tflite/src/test/resources/models");

    private ServingModels() {}

    /** Sixteen numbers to ten scores; {@link #liteAnswers} says what TensorFlow answers. */
    static Path liteFile() {
        return LITE.resolve("dense.tflite");
    }

    static Path liteAnswers() {
        return LITE.resolve("answers.properties");
    }

    static Path fashionZip() {
        return Repository.fashion().resolve("fashion_classifier.zip");
    }

    static Path write(Path file, byte[] content) {
        try {
            Files.createDirectories(file.getParent());
            return Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String versionPath(String model, int version) {
        return "/api/v1/projects/default/models/" + model + "/versions/" + version;
    }

    /** Sends a file as the body of a request, whatever becomes of it. */
    static HttpResponse<String> send(
            ServerProcess server, String model, int version, String framework, byte[] content) {
        return server.send(
                HttpRequest.newBuilder(
                                server.url()
                                        .resolve(
                                                versionPath(model, version)
                                                        + "?framework="
                                                        + framework))
                        .header("Content-Type", "application/octet-stream")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(content))
                        .build());
    }

    static void upload(
            ServerProcess server, String model, int version, String framework, byte[] content) {
        HttpResponse<String> answer = send(server, model, version, framework, content);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains("\"Ready\"");
    }
}
