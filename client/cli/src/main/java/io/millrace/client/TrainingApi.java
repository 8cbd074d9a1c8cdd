package io.millrace.client;

import io.millrace.api.ResourceKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.BiPredicate;
import tools.jackson.databind.JsonNode;

/**
 * What training runs report and make. Every method blocks and throws as those of {@link
 * MillraceClient} do.
 */
public final class TrainingApi {

    private final Transport transport;

    TrainingApi(Transport transport) {
        this.transport = transport;
    }

    /** All that a run has reported so far. */
    public JsonNode report(ResourceKey run) {
        return get(run, "/report");
    }

    /** What the trainer printed, the last of it. */
    public String output(ResourceKey run) {
        var request = transport.request(MillraceClient.path(run) + "/output", Transport.SHORT);
        try (InputStream text = transport.stream(request)) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw transport.broken(e);
        }
    }

    /** The runs of an experiment side by side. */
    public JsonNode compare(ResourceKey experiment) {
        return get(experiment, "/compare");
    }

    /**
     * Follows a run from its beginning until it has ended, the listener says stop, or the thread is
     * interrupted.
     *
     * @param listener is given the name of each event and its data, and answers whether to go on;
     *     called on the calling thread
     * @return whether the run has ended
     */
    public boolean follow(ResourceKey run, BiPredicate<? super String, ? super JsonNode> listener) {
        var request =
                transport
                        .request(MillraceClient.path(run) + "/progress")
                        .header("Accept", "text/event-stream");
        try (InputStream stream = transport.stream(request)) {
            var events = new ServerSentEvents(stream);
            for (var event = events.next(); event.isPresent(); event = events.next()) {
                if (event.get().name().equals("end")) {
                    return true;
                }
                if (!listener.test(event.get().name(), transport.parse(event.get().data()))) {
                    return false;
                }
            }
        } catch (IOException e) {
            throw transport.broken(e);
        }
        return false;
    }

    /**
     * Writes the trained model to a file; a file that is there is replaced when all has come.
     *
     * @param format such as {@code keras}; empty for the first there is
     * @return how large it is
     */
    public long download(ResourceKey run, String format, Path file) throws IOException {
        String query = format.isEmpty() ? "" : "?format=" + MillraceClient.encode(format);
        var request =
                transport.request(MillraceClient.path(run) + "/model" + query, Transport.LONG);
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (InputStream content = transport.stream(request)) {
            Files.copy(content, part, StandardCopyOption.REPLACE_EXISTING);
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
        return Files.size(file);
    }

    /** Makes the trained model a version of a model; answers which. */
    public JsonNode register(ResourceKey run, JsonNode request) {
        return post(run, "/register", request);
    }

    /** Serves the trained model between two topics; answers the pipeline. */
    public ApiResource deploy(ResourceKey run, JsonNode request) {
        return new ApiResource(post(run, "/deploy", request));
    }

    private JsonNode get(ResourceKey key, String path) {
        return transport.json(transport.request(MillraceClient.path(key) + path, Transport.SHORT));
    }

    private JsonNode post(ResourceKey run, String path, JsonNode body) {
        return transport.json(
                transport
                        .request(MillraceClient.path(run) + path, Transport.LONG)
                        .header("Content-Type", "application/json")
                        .POST(transport.jsonBody(body)));
    }
}
