package io.millrace.client;

import io.millrace.api.ResourceKey;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * What pipelines gave up, and the work on it. Every method blocks and throws as those of {@link
 * MillraceClient} do.
 */
public final class DeadLettersApi {

    private static final int PART = 500;

    private final Transport transport;

    DeadLettersApi(Transport transport) {
        this.transport = transport;
    }

    /**
     * Some letters.
     *
     * @param letters as the server tells them
     * @param hasMore whether there are others behind them
     * @param isKept whether the pipeline keeps dead letters at all
     */
    public record Letters(List<JsonNode> letters, boolean hasMore, boolean isKept) {
        public Letters {
            letters = List.copyOf(letters);
        }
    }

    /**
     * The first letters that match, however many parts they take.
     *
     * @param filter parameters of the call: {@code code}, {@code stage}, {@code contains}, …
     * @param limit at most so many
     */
    public Letters list(ResourceKey pipeline, Map<String, String> filter, int limit) {
        var query = new StringBuilder();
        new TreeMap<>(filter)
                .forEach((name, value) ->
                        query.append('&')
                                .append(name)
                                .append('=')
                                .append(MillraceClient.encode(value)));
        var found = new ArrayList<JsonNode>();
        String next = "";
        boolean isKept = true;
        do {
            String path =
                    path(pipeline)
                            + "?limit="
                            + Math.min(PART, limit - found.size())
                            + query
                            + (next.isEmpty() ? "" : "&continue=" + MillraceClient.encode(next));
            JsonNode answer = transport.json(transport.request(path, Transport.SHORT));
            answer.path("items").forEach(found::add);
            isKept = answer.path("kept").asBoolean(true);
            next = answer.path("continue").asString("");
        } while (!next.isEmpty() && found.size() < limit);
        return new Letters(found, !next.isEmpty(), isKept);
    }

    /** One letter with payload and headers; the position is {@code partition/offset}. */
    public JsonNode find(ResourceKey pipeline, String position) {
        return transport.json(transport.request(path(pipeline) + "/" + position, Transport.SHORT));
    }

    /** How many letters there are, by what became of them. */
    public JsonNode counts(ResourceKey pipeline) {
        return transport.json(transport.request(path(pipeline) + "/counts", Transport.SHORT));
    }

    /**
     * Starts a job.
     *
     * @param action {@code redrive} or {@code drop}
     * @param selection which letters
     */
    public JsonNode start(ResourceKey pipeline, String action, JsonNode selection) {
        return transport.json(
                transport
                        .request(path(pipeline) + "/" + action, Transport.SHORT)
                        .header("Content-Type", "application/json")
                        .POST(transport.jsonBody(selection)));
    }

    /** The last jobs, oldest first. */
    public JsonNode jobs(ResourceKey pipeline) {
        return transport.json(transport.request(path(pipeline) + "/jobs", Transport.SHORT));
    }

    /** How far a job is. */
    public JsonNode job(ResourceKey pipeline, String id) {
        return transport.json(transport.request(jobPath(pipeline, id), Transport.SHORT));
    }

    /** Asks a job to stop after what it is at. */
    public JsonNode cancel(ResourceKey pipeline, String id) {
        return transport.json(
                transport
                        .request(jobPath(pipeline, id), Transport.SHORT)
                        .method("DELETE", BodyPublishers.noBody()));
    }

    private static String path(ResourceKey pipeline) {
        return MillraceClient.path(pipeline) + "/dead-letters";
    }

    private static String jobPath(ResourceKey pipeline, String id) {
        return path(pipeline) + "/jobs/" + MillraceClient.encode(id);
    }
}
