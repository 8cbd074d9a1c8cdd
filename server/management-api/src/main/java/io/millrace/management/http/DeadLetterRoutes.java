package io.millrace.management.http;

import io.helidon.http.Method;
import io.helidon.http.Status;
import io.millrace.api.DataSize;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ResourceKey;
import io.millrace.codec.LetterRequest;
import io.millrace.management.http.Route.Answer;
import io.millrace.management.http.Route.Body;
import io.millrace.management.http.Route.Parameter;
import io.millrace.spi.DeadLetter.Fate;
import io.millrace.spi.DeadLetterBox;
import io.millrace.spi.LetterFilter;
import io.millrace.spi.LetterJob;
import io.millrace.spi.LetterPosition;
import io.millrace.store.ResourceStore;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What pipelines gave up, and what is to become of it. */
final class DeadLetterRoutes {
    private static final String LETTERS = "/projects/{project}/pipelines/{name}/dead-letters";
    private static final int PART = 100;
    private static final int LARGEST_PART = 1_000;
    private static final Parameter[] FILTER = {
        Parameter.query("code", "string", "only letters of this error code"),
        Parameter.query("stage", "string", "only where the stage holds this"),
        Parameter.query("contains", "string", "only where the reason holds this"),
        Parameter.query("step", "string", "only of this step, as in model/digits@3"),
        Parameter.query("key", "string", "only of records with this key"),
        Parameter.query("since", "string", "only given up at this time or later"),
        Parameter.query("until", "string", "only given up before this time"),
        Parameter.query("state", "string", "open (unless said otherwise), redriven, dropped, all"),
        Parameter.query("limit", "integer", "the most letters, at most " + LARGEST_PART),
        Parameter.query("continue", "string", "where the part before ended")
    };

    private final ResourceStore store;
    private final DeadLetterBox box;
    private final DataSize mostText;

    DeadLetterRoutes(ResourceStore store, DeadLetterBox box, ManagementLimits limits) {
        this.store = store;
        this.box = box;
        this.mostText = limits.manifests();
    }

    /** Names before numbers: {@code jobs/x} must not be taken for a position. */
    List<Route> routes() {
        return List.of(
                Route.get(
                                LETTERS,
                                "listDeadLetters",
                                "Lists what a pipeline gave up, by position",
                                Answer.json("DeadLetters"),
                                this::list)
                        .with(FILTER),
                Route.get(
                        LETTERS + "/counts",
                        "countDeadLetters",
                        "Says how many letters there are, by what became of them",
                        Answer.json("DeadLetterCounts"),
                        this::counts),
                starting("redrive", "redriveDeadLetters", "Has the pipeline try letters again"),
                starting("drop", "dropDeadLetters", "Says that letters are not needed"),
                Route.get(
                        LETTERS + "/jobs",
                        "listDeadLetterJobs",
                        "Lists the last jobs on dead letters",
                        Answer.json("DeadLetterJobs"),
                        this::jobs),
                Route.get(
                        LETTERS + "/jobs/{id}",
                        "getDeadLetterJob",
                        "Says how far a job is",
                        Answer.json("DeadLetterJob"),
                        call -> call.ok(DeadLetterViews.job(job(call)))),
                new Route(
                        Method.DELETE,
                        LETTERS + "/jobs/{id}",
                        "cancelDeadLetterJob",
                        "Asks a job to stop after what it is at",
                        List.of(),
                        Body.NONE,
                        Answer.json("DeadLetterJob"),
                        call ->
                                call.ok(
                                        DeadLetterViews.job(
                                                box.cancel(
                                                        call.existing(Kind.PIPELINE, store),
                                                        call.path("id"))))),
                Route.get(
                        LETTERS + "/{partition}/{offset}",
                        "getDeadLetter",
                        "Shows one letter with its payload and headers",
                        Answer.json("DeadLetter"),
                        this::show));
    }

    private Route starting(String path, String operation, String summary) {
        LetterJob.Action action =
                path.equals("drop") ? LetterJob.Action.DROP : LetterJob.Action.REDRIVE;
        return new Route(
                Method.POST,
                LETTERS + "/" + path,
                operation,
                summary,
                List.of(),
                Body.manifest("DeadLetterSelection"),
                new Answer(202, "DeadLetterJob", Json.MEDIA_TYPE),
                call -> start(call, action));
    }

    private boolean isKept(ResourceKey pipeline) {
        return store.image()
                .find(pipeline, PipelineSpec.class)
                .map(found -> found.spec().onError().deadLetter())
                .orElse(false);
    }

    private void list(Call call) {
        ResourceKey pipeline = call.existing(Kind.PIPELINE, store);
        LetterPosition from =
                call.query("continue").map(LetterPosition::parse).orElse(LetterPosition.START);
        DeadLetterBox.Page page =
                box.list(
                        pipeline,
                        filter(call),
                        fates(call.query("state").orElse("open")),
                        from,
                        call.number("limit", PART, 1, LARGEST_PART));
        call.ok(DeadLetterViews.page(page, isKept(pipeline)));
    }

    private static LetterFilter filter(Call call) {
        return new LetterFilter(
                Set.of(),
                call.query("code").orElse(""),
                call.query("stage").orElse(""),
                call.query("contains").orElse(""),
                call.query("step").orElse(""),
                call.query("key").orElse(""),
                time(call, "since").map(Instant::toEpochMilli).orElse(0L),
                time(call, "until").map(Instant::toEpochMilli).orElse(Long.MAX_VALUE));
    }

    private static Optional<Instant> time(Call call, String name) {
        try {
            return call.query(name).map(Instant::parse);
        } catch (DateTimeParseException _) {
            throw MillraceException.invalid(
                    "query parameter '%s' must be a time such as 2026-01-31T12:00:00Z, was '%s'"
                            .formatted(name, call.query(name).orElse("")));
        }
    }

    private static Set<Fate> fates(String text) {
        if (text.equals("all")) {
            return Set.of();
        }
        for (Fate fate : Fate.values()) {
            if (fate.label().equals(text)) {
                return Set.of(fate);
            }
        }
        throw MillraceException.invalid(
                "query parameter 'state' must be open, redriven, dropped or all, was '"
                        + text
                        + "'");
    }

    private void counts(Call call) {
        ResourceKey pipeline = call.existing(Kind.PIPELINE, store);
        call.ok(DeadLetterViews.counts(box.counts(pipeline), isKept(pipeline)));
    }

    private void show(Call call) {
        ResourceKey pipeline = call.existing(Kind.PIPELINE, store);
        LetterPosition place =
                LetterPosition.parse(call.path("partition") + "/" + call.path("offset"));
        call.ok(
                DeadLetterViews.letter(
                        box.find(pipeline, place)
                                .orElseThrow(() ->
                                        MillraceException.notFound(
                                                "%s has no dead letter at %s (any more)"
                                                        .formatted(pipeline, place)))));
    }

    private void start(Call call, LetterJob.Action action) {
        ResourceKey pipeline = call.existing(Kind.PIPELINE, store);
        LetterRequest request = LetterRequest.read(call.text(mostText));
        var positions = new HashSet<LetterPosition>();
        request.positions().forEach(text -> positions.add(LetterPosition.parse(text)));
        var filter =
                new LetterFilter(
                        positions,
                        request.code(),
                        request.stage(),
                        request.contains(),
                        request.step(),
                        request.key(),
                        request.since().map(Instant::toEpochMilli).orElse(0L),
                        request.until().map(Instant::toEpochMilli).orElse(Long.MAX_VALUE));
        LetterJob job = box.start(pipeline, action, filter);
        Json.send(call.response(), Status.ACCEPTED_202, DeadLetterViews.job(job));
    }

    private void jobs(Call call) {
        ObjectNode body = Json.object();
        ArrayNode jobs = body.putArray("items");
        box.jobs(call.existing(Kind.PIPELINE, store))
                .forEach(job -> jobs.add(DeadLetterViews.job(job)));
        call.ok(body);
    }

    private LetterJob job(Call call) {
        ResourceKey pipeline = call.existing(Kind.PIPELINE, store);
        String id = call.path("id");
        return box.jobs(pipeline).stream()
                .filter(job -> job.id().equals(id))
                .findFirst()
                .orElseThrow(() ->
                        MillraceException.notFound(
                                "there is no job '%s' on the dead letters of %s"
                                        .formatted(id, pipeline)));
    }
}
