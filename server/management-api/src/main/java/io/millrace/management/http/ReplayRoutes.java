package io.millrace.management.http;

import io.helidon.http.Method;
import io.helidon.http.Status;
import io.millrace.api.DataSize;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.management.http.Route.Answer;
import io.millrace.management.http.Route.Body;
import io.millrace.management.http.Route.Parameter;
import io.millrace.spi.LogPosition;
import io.millrace.spi.PipelineReplays;
import io.millrace.store.ResourceStore;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What became of one record, and what would become of many. */
final class ReplayRoutes {
    private static final String PIPELINE = "/projects/{project}/pipelines/{name}";
    private static final String REPLAYS = PIPELINE + "/replays";
    private static final String REPLAY = REPLAYS + "/{id}";
    private static final DataSize MAX_BODY = new DataSize(64 * 1024);
    private static final long DEFAULT_LIMIT = 100_000;
    private static final int DEFAULT_EXAMPLES = 10;
    private static final int MAX_EXAMPLES = 1_000;
    private static final Set<String> FIELDS =
            Set.of("from", "to", "models", "into", "limit", "examples");
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private final ResourceStore store;
    private final Insight insight;

    ReplayRoutes(ResourceStore store, Insight insight) {
        this.store = store;
        this.insight = insight;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                PIPELINE + "/trace",
                                "trace",
                                "Follows one record through a pipeline",
                                Answer.json("Trace"),
                                this::trace)
                        .with(
                                Parameter.query(
                                        "position",
                                        "string",
                                        "topic/partition/offset of the input record, or the"
                                                + " provenance header of an output"),
                                Parameter.query(
                                        "try",
                                        "boolean",
                                        "also sends it through the present steps, isolated: true"
                                                + " unless told")),
                Route.get(
                        REPLAYS,
                        "listReplays",
                        "Lists the replays of a pipeline",
                        Answer.json("ReplayList"),
                        this::list),
                new Route(
                        Method.POST,
                        REPLAYS,
                        "startReplay",
                        "Sends a time of the past through the pipeline's steps again, isolated",
                        List.of(),
                        new Body("ReplayRequest", List.of(Json.MEDIA_TYPE)),
                        new Answer(202, "Replay", Json.MEDIA_TYPE),
                        this::start),
                Route.get(
                        REPLAY,
                        "getReplay",
                        "Says how a replay does and what it found",
                        Answer.json("Replay"),
                        call ->
                                call.ok(
                                        InsightViews.job(
                                                replays(call)
                                                        .job(
                                                                call.existing(Kind.PIPELINE, store),
                                                                call.path("id"))))),
                new Route(
                        Method.DELETE,
                        REPLAY,
                        "cancelReplay",
                        "Ends a replay early",
                        List.of(),
                        Body.NONE,
                        Answer.json("Replay"),
                        call ->
                                call.ok(
                                        InsightViews.job(
                                                replays(call)
                                                        .cancel(
                                                                call.existing(Kind.PIPELINE, store),
                                                                call.path("id"))))));
    }

    private PipelineReplays replays(Call call) {
        call.existing(Kind.PIPELINE, store);
        return insight.replays().get();
    }

    private void trace(Call call) {
        ResourceKey pipeline = call.existing(Kind.PIPELINE, store);
        LogPosition position =
                LogPosition.parse(
                        call.query("position")
                                .orElseThrow(() ->
                                        MillraceException.invalid(
                                                "query parameter 'position' must say which record:"
                                                        + " TOPIC/PARTITION/OFFSET")));
        boolean isTried = call.query("try").isEmpty() || call.flag("try");
        call.ok(InsightViews.trace(insight.traces().get().trace(pipeline, position, isTried)));
    }

    private void list(Call call) {
        ObjectNode body = Json.object();
        ArrayNode items = body.putArray("items");
        replays(call)
                .of(call.existing(Kind.PIPELINE, store))
                .forEach(job -> items.add(InsightViews.job(job)));
        call.ok(body);
    }

    private void start(Call call) {
        PipelineReplays.Job job =
                replays(call)
                        .start(
                                call.existing(Kind.PIPELINE, store),
                                request(parse(call.text(MAX_BODY))));
        Json.send(call.response(), Status.ACCEPTED_202, InsightViews.job(job));
    }

    private static JsonNode parse(String text) {
        try {
            JsonNode body = MAPPER.readTree(text);
            if (body != null && body.isObject()) {
                return body;
            }
        } catch (JacksonException _) {
            // The same answer as for JSON of another kind.
        }
        throw MillraceException.invalid(
                "the body must be a JSON object such as {\"from\": \"2026-01-01T00:00:00Z\","
                        + " \"to\": \"2026-01-02T00:00:00Z\"}");
    }

    private static PipelineReplays.Request request(JsonNode body) {
        for (String name : body.propertyNames()) {
            if (!FIELDS.contains(name)) {
                throw MillraceException.invalid(
                        "unknown field '%s'; there are from, to, models, into, limit, examples"
                                .formatted(name));
            }
        }
        return new PipelineReplays.Request(
                time(body, "from"),
                time(body, "to"),
                models(body.path("models")),
                body.path("into").isMissingNode()
                        ? Optional.empty()
                        : Optional.of(new ResourceName(body.path("into").asString(""))),
                number(body, "limit", DEFAULT_LIMIT, Long.MAX_VALUE),
                (int) number(body, "examples", DEFAULT_EXAMPLES, MAX_EXAMPLES));
    }

    private static Instant time(JsonNode body, String field) {
        String text = body.path(field).asString("");
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException _) {
            throw MillraceException.invalid(
                    "%s: must be a time such as 2026-01-31T12:00:00Z, was '%s'"
                            .formatted(field, text));
        }
    }

    private static Map<ResourceName, Integer> models(JsonNode node) {
        var models = new HashMap<ResourceName, Integer>();
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            if (!entry.getValue().isInt() || entry.getValue().intValue() < 1) {
                throw MillraceException.invalid(
                        "models.%s: must be the number of a version, was %s"
                                .formatted(entry.getKey(), entry.getValue()));
            }
            models.put(new ResourceName(entry.getKey()), entry.getValue().intValue());
        }
        return models;
    }

    private static long number(JsonNode body, String field, long otherwise, long most) {
        JsonNode node = body.path(field);
        if (node.isMissingNode()) {
            return otherwise;
        }
        if (node.isIntegralNumber() && node.canConvertToLong()) {
            long value = node.longValue();
            if (value >= (field.equals("limit") ? 1 : 0) && value <= most) {
                return value;
            }
        }
        throw MillraceException.invalid(
                "%s: must be a number up to %d, was %s".formatted(field, most, node));
    }
}
