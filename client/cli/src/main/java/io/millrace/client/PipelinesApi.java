package io.millrace.client;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.function.BiPredicate;
import tools.jackson.databind.JsonNode;

/**
 * Looks into pipelines: records on their way, what became of one, what would become of many. Every
 * method blocks and throws as those of {@link MillraceClient} do.
 */
public final class PipelinesApi {

    private final Transport transport;

    PipelinesApi(Transport transport) {
        this.transport = transport;
    }

    /**
     * Shows records on their way until the listener says stop, the server ends, or the thread is
     * interrupted.
     *
     * @param edge {@code in}, {@code out}, or a step by its number or name
     * @param rate at most so many in a second
     * @param every one in so many
     * @param listener is given the name of each event, {@code record} or {@code missed}, and its
     *     data, and answers whether to go on; called on the calling thread
     */
    public void tap(
            ResourceKey pipeline,
            String edge,
            double rate,
            int every,
            BiPredicate<? super String, ? super JsonNode> listener) {
        String path =
                MillraceClient.path(pipeline)
                        + "/tap?edge="
                        + MillraceClient.encode(edge)
                        + "&rate="
                        + rate
                        + "&every="
                        + every;
        var request = transport.request(path).header("Accept", "text/event-stream");
        try (InputStream stream = transport.stream(request)) {
            var events = new ServerSentEvents(stream);
            for (var event = events.next(); event.isPresent(); event = events.next()) {
                if (!listener.test(event.get().name(), transport.parse(event.get().data()))) {
                    return;
                }
            }
        } catch (IOException e) {
            throw transport.broken(e);
        }
        throw new MillraceException(
                io.millrace.api.ErrorCode.UNAVAILABLE, "the server ended the stream");
    }

    /**
     * What became of a record, and what would today.
     *
     * @param position topic, partition and offset with slashes between, or the provenance of an
     *     output
     * @param isTried whether the record goes through the present steps as well
     */
    public JsonNode trace(ResourceKey pipeline, String position, boolean isTried) {
        String query = "?position=" + MillraceClient.encode(position) + "&try=" + isTried;
        return transport.json(
                transport.request(
                        MillraceClient.path(pipeline) + "/trace" + query, Transport.SHORT));
    }

    /** Begins a replay; answers the job. */
    public JsonNode startReplay(ResourceKey pipeline, JsonNode request) {
        return transport.json(
                transport
                        .request(MillraceClient.path(pipeline) + "/replays", Transport.SHORT)
                        .header("Content-Type", "application/json")
                        .POST(transport.jsonBody(request)));
    }

    /** How a replay does. */
    public JsonNode replay(ResourceKey pipeline, String id) {
        return transport.json(transport.request(replayPath(pipeline, id), Transport.SHORT));
    }

    /** The replays of a pipeline that the server remembers. */
    public JsonNode replays(ResourceKey pipeline) {
        return transport.json(
                transport.request(MillraceClient.path(pipeline) + "/replays", Transport.SHORT));
    }

    /** Ends a replay early. */
    public JsonNode cancelReplay(ResourceKey pipeline, String id) {
        return transport.json(
                transport
                        .request(replayPath(pipeline, id), Transport.SHORT)
                        .method("DELETE", BodyPublishers.noBody()));
    }

    private static String replayPath(ResourceKey pipeline, String id) {
        return MillraceClient.path(pipeline) + "/replays/" + MillraceClient.encode(id);
    }
}
