package io.millrace.management.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.millrace.api.ExperimentSpec;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.TrainingRunSpec;
import io.millrace.codec.TrainingRequests;
import io.millrace.management.http.Route.Answer;
import io.millrace.management.http.Route.Body;
import io.millrace.management.http.Route.Parameter;
import io.millrace.spi.TrainingResults;
import io.millrace.spi.TrainingResults.Format;
import io.millrace.store.ResourceStore;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What training runs report and make, and what becomes of that. */
final class TrainingRoutes {
    private static final String RUN = "/projects/{project}/trainingruns/{name}";
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String BINARY = "application/octet-stream";

    private final ResourceStore store;
    private final Supplier<TrainingResults> results;
    private final RunEventsRoute events;
    private final RunPublishing publishing;
    private final ManagementLimits limits;

    TrainingRoutes(ManagementPorts ports, RunPublishing publishing, ManagementLimits limits) {
        this.store = ports.store();
        this.results = ports.training();
        this.events = new RunEventsRoute(ports.store(), ports.training(), limits);
        this.publishing = publishing;
        this.limits = limits;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                        RUN + "/report",
                        "getRunReport",
                        "Gives all that a training run has reported so far",
                        Answer.json("RunReport"),
                        call -> call.ok(RunViews.report(publishing.report(run(call))))),
                events.route(),
                Route.get(
                        RUN + "/output",
                        "getRunOutput",
                        "Gives what the trainer of a run printed, the last of it",
                        new Answer(200, "binary", TEXT),
                        this::output),
                Route.get(
                                RUN + "/model",
                                "getRunModel",
                                "Gives the trained model as a file",
                                new Answer(200, "binary", BINARY),
                                this::model)
                        .with(
                                Parameter.query(
                                        "format",
                                        "string",
                                        "one of "
                                                + formats()
                                                + "; the first there is unless told")),
                new Route(
                        Method.POST,
                        RUN + "/register",
                        "registerRun",
                        "Makes the trained model a version of a model, and waits until it is ready"
                                + " or rejected",
                        List.of(),
                        Body.manifest("RunRegistration"),
                        Answer.json("RegisteredRun"),
                        this::register),
                new Route(
                        Method.POST,
                        RUN + "/deploy",
                        "deployRun",
                        "Serves the trained model between two topics, as a pipeline",
                        List.of(),
                        Body.manifest("RunDeployment"),
                        Answer.json(Kind.PIPELINE.label()),
                        this::deploy),
                Route.get(
                        "/projects/{project}/experiments/{name}/compare",
                        "compareRuns",
                        "Compares the runs of an experiment",
                        Answer.json("RunComparison"),
                        this::compare));
    }

    private static String formats() {
        return Arrays.stream(Format.values()).map(Format::label).collect(Collectors.joining(", "));
    }

    private ResourceKey run(Call call) {
        ResourceKey key = call.key(Kind.TRAINING_RUN);
        if (store.image().find(key).isEmpty()) {
            throw ResourceWrites.unknown(key);
        }
        return key;
    }

    private void output(Call call) {
        Json.send(call.response(), Status.OK_200, TEXT, results.get().output(run(call)));
    }

    private void model(Call call) {
        ResourceKey run = run(call);
        Format format =
                call.query("format")
                        .map(TrainingRoutes::format)
                        .orElseGet(() -> publishing.firstFormat(run));
        Path file = results.get().model(run, format);
        try {
            call.response()
                    .header(HeaderNames.CONTENT_TYPE, BINARY)
                    .header(HeaderNames.CONTENT_LENGTH, Long.toString(Files.size(file)))
                    .header(
                            HeaderNames.CONTENT_DISPOSITION,
                            "attachment; filename=\"" + format.file() + "\"");
            try (OutputStream out = call.response().outputStream()) {
                Files.copy(file, out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Format format(String text) {
        return Format.find(text)
                .orElseThrow(() ->
                        MillraceException.invalid(
                                "query parameter 'format' must be one of %s, was '%s'"
                                        .formatted(formats(), text)));
    }

    private void register(Call call) {
        RunPublishing.Registered made =
                publishing.register(
                        run(call), TrainingRequests.registration(call.text(limits.manifests())));
        call.ok(
                Json.object()
                        .put("model", made.model().name().value())
                        .put("version", made.version()));
    }

    private void deploy(Call call) {
        Resource<?> pipeline =
                publishing.deploy(
                        run(call), TrainingRequests.deployment(call.text(limits.manifests())));
        call.response().header(HeaderNames.ETAG, Precondition.etag(pipeline));
        call.ok(Json.resource(pipeline));
    }

    private void compare(Call call) {
        ResourceKey key = call.key(Kind.EXPERIMENT);
        if (store.image().find(key, ExperimentSpec.class).isEmpty()) {
            throw ResourceWrites.unknown(key);
        }
        ObjectNode body = Json.object();
        ArrayNode runs = body.putArray("runs");
        for (var run :
                store.image().all(Kind.TRAINING_RUN, call.project(), TrainingRunSpec.class)) {
            if (run.spec().experiment().filter(key.name()::equals).isPresent()) {
                runs.add(RunViews.compared(run, results.get().report(run.key())));
            }
        }
        call.ok(body);
    }
}
