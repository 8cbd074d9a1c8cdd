package io.millrace.inference.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.VersionRef;
import io.millrace.codec.json.InferenceJson;
import io.millrace.codec.json.InferenceRequest;
import io.millrace.inference.SignatureChoice;
import io.millrace.spi.ModelServing;
import io.millrace.spi.ModelServing.Answer;
import io.millrace.spi.ModelServing.Call;
import io.millrace.spi.ModelServing.Description;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The inference protocols KServe V1, TensorFlow Serving REST and Karbon over HTTP. Register it at
 * the root: it serves {@code /v1/…} for the project {@code default} and {@code
 * /projects/{project}/v1/…} for any.
 *
 * <pre>
 *   GET  /v1/models                                              names
 *   GET  /v1/models/{m}[/versions/{n}|/labels/{l}][/metadata]    status, signatures
 *   POST /v1/models/{m}[/versions/{n}|/labels/{l}]:predict       also :infer
 * </pre>
 */
public final class InferenceRoutes implements HttpService {

    private static final Logger LOG = LoggerFactory.getLogger(InferenceRoutes.class);
    private static final String MODELS = "/v1/models";
    private static final String UNDER_PROJECT = "/projects/{project}";

    private final InferenceApiConfig config;
    private final ModelServing serving;
    private final BodyReader bodies;

    /**
     * Makes the routes; they hold no state of their own.
     *
     * @param config limits
     * @param serving the data plane
     */
    public InferenceRoutes(InferenceApiConfig config, ModelServing serving) {
        this.config = config;
        this.serving = serving;
        this.bodies = new BodyReader(config.maxBody());
    }

    @Override
    public void routing(HttpRules rules) {
        for (String prefix : new String[] {"", UNDER_PROJECT}) {
            rules.any(prefix + MODELS, guarded(this::list))
                    .any(prefix + MODELS + "/{+path}", guarded(this::model));
        }
        rules.get(UNDER_PROJECT, guarded((_, response) -> alive(response)));
    }

    /** {@code {"status":"alive"}}, which KServe clients ask of the root. */
    public static void alive(ServerResponse response) {
        JsonAnswer.send(
                response,
                json -> {
                    json.writeStartObject();
                    json.writeStringProperty("status", "alive");
                    json.writeEndObject();
                });
    }

    /** Whatever goes wrong, clients call {@code .json()} on the answer. */
    private static Handler guarded(Handler handler) {
        return (request, response) -> {
            try {
                handler.handle(request, response);
            } catch (MillraceException e) {
                if (e.code() == ErrorCode.INTERNAL) {
                    LOG.error("inference request failed", e);
                }
                HttpErrors.send(response, e);
            } catch (java.io.UncheckedIOException
                    | io.helidon.http.HttpException
                    | io.helidon.webserver.CloseConnectionException e) {
                throw e; // of the connection: Helidon knows what to do
            } catch (RuntimeException e) {
                LOG.error("inference request failed", e);
                HttpErrors.send(
                        response,
                        Status.INTERNAL_SERVER_ERROR_500,
                        e.getClass().getSimpleName() + " : " + e.getMessage());
            }
        };
    }

    private void list(ServerRequest request, ServerResponse response) {
        if (!isGet(request)) {
            methodNotAllowed(response, "GET");
            return;
        }
        var models = serving.list(project(request));
        JsonAnswer.send(response, json -> ModelDocuments.names(json, models));
    }

    private void model(ServerRequest request, ServerResponse response) {
        ModelPath path = ModelPath.parse(request.path().pathParameters().get("path"));
        switch (path.verb()) {
            case "predict", "infer" -> {
                if (isMethod(request, "POST")) {
                    infer(request, response, path);
                } else {
                    methodNotAllowed(response, "POST");
                }
            }
            case "" -> {
                if (isGet(request)) {
                    status(request, response, path);
                } else {
                    methodNotAllowed(response, "GET");
                }
            }
            case "metadata" -> {
                if (isGet(request)) {
                    metadata(request, response, path);
                } else {
                    methodNotAllowed(response, "GET");
                }
            }
            default ->
                    throw new MillraceException(
                            ErrorCode.UNSUPPORTED,
                            "Unsupported verb ':" + path.verb() + "'; use :predict or :infer.");
        }
    }

    private void infer(ServerRequest request, ServerResponse response, ModelPath path) {
        ProjectId project = project(request);
        byte[] body = bodies.read(request);
        Description model = serving.describe(project, path.model(), path.version());
        InferenceRequest parsed =
                InferenceJson.read(body, name -> SignatureChoice.choose(model.signatures(), name));
        Answer answer =
                serving.infer(
                        new Call(
                                project,
                                path.model(),
                                path.version(),
                                parsed.signature().name(),
                                parsed.inputs(),
                                config.timeout(),
                                ""));
        JsonAnswer.send(
                response,
                InferenceJson.write(answer.signature(), answer.outputs(), parsed.layout()));
    }

    private void status(ServerRequest request, ServerResponse response, ModelPath path) {
        try {
            Description model = serving.describe(project(request), path.model(), path.version());
            Optional<Integer> only =
                    path.version() instanceof VersionRef.Serving()
                            ? Optional.empty()
                            : model.version();
            JsonAnswer.send(response, json -> ModelDocuments.status(json, model, only, ""));
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.UNAVAILABLE) {
                throw e;
            }
            notReady(request, response, path, e);
        }
    }

    /** Known and not ready: the states say more than the error alone. */
    private void notReady(
            ServerRequest request, ServerResponse response, ModelPath path, MillraceException e) {
        Optional<Description> known =
                serving.list(project(request)).stream()
                        .filter(model -> model.model().equals(path.model()))
                        .findFirst();
        if (known.isEmpty()) {
            throw e;
        }
        response.status(HttpErrors.status(e.code())).header(HeaderNames.RETRY_AFTER, "1");
        Optional<Integer> only =
                path.version() instanceof VersionRef.Numbered(int version)
                        ? Optional.of(version)
                        : Optional.empty();
        JsonAnswer.send(response, json -> ModelDocuments.status(json, known.get(), only, e.text()));
    }

    private void metadata(ServerRequest request, ServerResponse response, ModelPath path) {
        Description model = serving.describe(project(request), path.model(), path.version());
        JsonAnswer.send(response, json -> ModelDocuments.metadata(json, model));
    }

    private static ProjectId project(ServerRequest request) {
        Optional<String> named = request.path().pathParameters().first("project").asOptional();
        try {
            return named.map(ProjectId::new).orElse(ProjectId.DEFAULT);
        } catch (MillraceException e) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND, "Project " + named.orElse("") + " does not exist.", e);
        }
    }

    private static boolean isGet(ServerRequest request) {
        return isMethod(request, "GET") || isMethod(request, "HEAD");
    }

    private static boolean isMethod(ServerRequest request, String method) {
        return request.prologue().method().text().equals(method);
    }

    private static void methodNotAllowed(ServerResponse response, String allowed) {
        response.header(HeaderNames.ALLOW, allowed);
        HttpErrors.send(response, Status.METHOD_NOT_ALLOWED_405, "Use " + allowed + " here.");
    }
}
