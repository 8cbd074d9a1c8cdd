package io.millrace.client;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Versions of models, which of them answers, and calls of them. Every method blocks and throws as
 * those of {@link MillraceClient} do.
 */
public final class ModelsApi {

    /** Predictions may hold what JSON proper has no words for. */
    private static final JsonMapper PREDICTIONS =
            JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

    private final Transport transport;

    ModelsApi(Transport transport) {
        this.transport = transport;
    }

    /**
     * Uploads a version of a model, creates the model when it is not there yet, and waits until the
     * server has tried the version out.
     *
     * @param framework such as {@code tensorflow}; empty for that of the model, or what the server
     *     takes the content for
     * @param archive the zipped model
     * @throws ApiException {@code INVALID} with the reason when the server cannot use it, {@code
     *     CONFLICT} when the version exists
     */
    public UploadedVersion upload(
            ResourceKey model,
            int version,
            String framework,
            Path archive,
            UploadProgress progress) {
        String query = framework.isEmpty() ? "" : "?framework=" + MillraceClient.encode(framework);
        try {
            return UploadedVersion.of(
                    transport.json(
                            transport
                                    .request(versionPath(model, version) + query, Transport.LONG)
                                    .header("Content-Type", "application/zip")
                                    .POST(
                                            new CountingBody(
                                                    BodyPublishers.ofFile(archive), progress))));
        } catch (FileNotFoundException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "The file " + archive + " does not exist", e);
        }
    }

    /**
     * Has the server fetch a version of a model, creates the model when it is not there yet, and
     * waits until the server has tried the version out.
     *
     * @param uri as the server sees it
     * @param framework as for {@link #upload}
     */
    public UploadedVersion fetch(ResourceKey model, int version, String uri, String framework) {
        ObjectNode body = JsonMapper.shared().createObjectNode();
        body.put("version", version).put("uri", uri);
        if (!framework.isEmpty()) {
            body.put("framework", framework);
        }
        return UploadedVersion.of(
                answer(
                        json(path(model) + "/versions", Transport.LONG)
                                .POST(transport.jsonBody(body))));
    }

    /** Where a version stands. */
    public JsonNode version(ResourceKey model, int number) {
        return transport.json(transport.request(versionPath(model, number), Transport.SHORT));
    }

    /**
     * Takes a version away; answers the model without it.
     *
     * @throws ApiException {@code CONFLICT} with what holds it
     */
    public ApiResource deleteVersion(ResourceKey model, int number) {
        return new ApiResource(
                transport.json(
                        transport.request(versionPath(model, number), Transport.SHORT).DELETE()));
    }

    /**
     * Puts a version into production; answers the model as it is wanted from now on.
     *
     * @param allowSignatureChange whether its inputs and outputs may differ
     */
    public ApiResource promote(ResourceKey model, int number, boolean allowSignatureChange) {
        ObjectNode body = JsonMapper.shared().createObjectNode().put("version", number);
        if (allowSignatureChange) {
            body.put("allowSignatureChange", true);
        }
        return new ApiResource(
                answer(
                        json(path(model) + "/promote", Transport.SHORT)
                                .POST(transport.jsonBody(body))));
    }

    /** Exchanges the version in production with the one before. */
    public ApiResource rollBack(ResourceKey model) {
        return new ApiResource(
                transport.json(
                        transport
                                .request(path(model) + "/rollback", Transport.SHORT)
                                .POST(BodyPublishers.noBody())));
    }

    /** How calls are divided among versions, and how that goes. */
    public JsonNode traffic(ResourceKey model) {
        return transport.json(transport.request(path(model) + "/traffic", Transport.SHORT));
    }

    /**
     * How far inputs and predictions are from the reference, and how right the model is.
     *
     * @throws ApiException {@code NOT_FOUND} for a model that is not watched
     */
    public JsonNode drift(ResourceKey model) {
        return transport.json(transport.request(path(model) + "/drift", Transport.SHORT));
    }

    /**
     * Sets how calls are divided among versions.
     *
     * @param rule such as {@code {"pinned": {"version": 1}}}
     */
    public JsonNode setTraffic(ResourceKey model, JsonNode rule) {
        return answer(
                json(path(model) + "/traffic", Transport.SHORT).PUT(transport.jsonBody(rule)));
    }

    /** Answers without lines and columns when refused: nobody but this class saw the body. */
    private JsonNode answer(HttpRequest.Builder request) {
        try {
            return transport.json(request);
        } catch (ApiException e) {
            if (e.problems().isEmpty()) {
                throw e;
            }
            String text =
                    e.problems().stream()
                            .map(ModelsApi::withoutPlace)
                            .collect(Collectors.joining("; "));
            throw new ApiException(e.code(), text, e.status(), e.problems());
        }
    }

    /** As in {@code canary.percent: must be from 0 to 100, was 1000}. */
    private static String withoutPlace(Problem problem) {
        String field = problem.pointer().replaceFirst("^/", "").replace('/', '.');
        return field.isEmpty() ? problem.message() : field + ": " + problem.message();
    }

    /**
     * The signatures of a version by name, as TensorFlow Serving describes them.
     *
     * @param version empty for the one that answers those who name none
     */
    public JsonNode signatures(ResourceKey model, OptionalInt version) {
        String path = served(model, "/v1", version) + "/metadata";
        return transport
                .json(transport.request(path, Transport.SHORT))
                .path("metadata")
                .path("signature_def")
                .path("signature_def");
    }

    /** Asks for a prediction in the form of TensorFlow Serving and KServe V1. */
    public JsonNode predict(ResourceKey model, OptionalInt version, byte[] body) {
        return call(served(model, "/v1", version) + ":predict", body);
    }

    /** Asks for a prediction in the form of the Open Inference Protocol. */
    public JsonNode infer(ResourceKey model, OptionalInt version, byte[] body) {
        return call(served(model, "/v2", version) + "/infer", body);
    }

    private JsonNode call(String path, byte[] body) {
        HttpRequest.Builder request =
                json(path, Transport.SHORT).POST(BodyPublishers.ofByteArray(body));
        try (InputStream answer = transport.stream(request)) {
            return PREDICTIONS.readTree(answer.readAllBytes());
        } catch (IOException e) {
            throw transport.broken(e);
        } catch (JacksonException e) {
            throw MillraceException.internal("the prediction is not JSON", e);
        }
    }

    /** The signature to call, unless another one is wanted. */
    public static Optional<String> defaultSignature(JsonNode signatures) {
        return signatures.has("serving_default")
                ? Optional.of("serving_default")
                : signatures.propertyNames().stream().findFirst();
    }

    private HttpRequest.Builder json(String path, java.time.Duration deadline) {
        return transport.request(path, deadline).header("Content-Type", "application/json");
    }

    private static String path(ResourceKey model) {
        return MillraceClient.path(model);
    }

    private static String versionPath(ResourceKey model, int number) {
        return path(model) + "/versions/" + number;
    }

    private static String served(ResourceKey model, String protocol, OptionalInt version) {
        String path =
                "/projects/"
                        + MillraceClient.encode(model.project().value())
                        + protocol
                        + "/models/"
                        + MillraceClient.encode(model.name().value());
        return version.isPresent() ? path + "/versions/" + version.getAsInt() : path;
    }
}
