package io.millrace.client;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.Revision;
import io.millrace.api.Scope;
import io.millrace.api.TimeSource;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/**
 * Talks to the management API of one server.
 *
 * <p>Every method blocks until the server has answered, may be called from any thread, and throws
 * {@link MillraceException}: {@link ApiException} with the server's own words when the server
 * refused, {@code UNAVAILABLE} when nobody answers, {@code TIMEOUT} when the answer takes too long.
 * Constructing a client does not connect. Interrupting the calling thread ends a call.
 */
public final class MillraceClient implements AutoCloseable {

    private static final String BASE = "/api/v1";
    private static final int PAGE = 500;
    private static final int TAIL_AFTER_RECONNECT = 1000;

    private final Transport transport;
    private final ModelsApi models;
    private final SecretsApi secrets;
    private final ObjectStoreApi objectStore;
    private final DeadLettersApi deadLetters;
    private final PipelinesApi pipelines;
    private final TrainingApi training;
    private final TimeSource time;
    private final URI server;

    /**
     * A client of one server.
     *
     * @param server scheme, host and port, such as {@code http://localhost:8080}
     * @param time for the pauses between attempts to reconnect
     */
    public MillraceClient(URI server, TimeSource time) {
        boolean isHttp = "http".equals(server.getScheme()) || "https".equals(server.getScheme());
        if (!isHttp || server.getHost() == null) {
            throw MillraceException.invalid(
                    "the server's address '" + server + "' must look like http://localhost:8080");
        }
        this.transport = new Transport(server, time);
        this.models = new ModelsApi(transport);
        this.secrets = new SecretsApi(transport);
        this.objectStore = new ObjectStoreApi(transport);
        this.deadLetters = new DeadLettersApi(transport);
        this.pipelines = new PipelinesApi(transport);
        this.training = new TrainingApi(transport);
        this.time = time;
        this.server = server;
    }

    /** The server's address. */
    public URI server() {
        return server;
    }

    /** Who answers, its version and its ports. */
    public ServerInfo info() {
        JsonNode answer = transport.json(transport.request(BASE, Transport.SHORT));
        var ports = new LinkedHashMap<String, Integer>();
        for (Map.Entry<String, JsonNode> port : answer.path("ports").properties()) {
            if (port.getValue().isNumber()) {
                ports.put(port.getKey(), port.getValue().asInt());
            }
        }
        return new ServerInfo(answer.path("version").asString(""), ports);
    }

    /** Whether the server says that it is ready for work; false also when nobody answers. */
    public boolean isUp() {
        try {
            return transport.exists(transport.request("/readyz", Transport.SHORT));
        } catch (MillraceException e) {
            if (e.code().isTransient()) {
                return false;
            }
            throw e;
        }
    }

    /**
     * Applies resources: all of them or, when anything is wrong with any, none.
     *
     * @param project of resources that name none
     * @param documents YAML, one or several documents
     * @param dryRun only say what would change; the answer then holds the specs before and after
     * @return in the order of the documents
     */
    public List<Applied> apply(ProjectId project, String documents, boolean dryRun) {
        String query = "?project=" + encode(project.value()) + "&dryRun=" + dryRun;
        JsonNode answer =
                transport.json(
                        transport
                                .request(BASE + "/apply" + query, Transport.SHORT)
                                .header("Content-Type", "application/yaml")
                                .POST(BodyPublishers.ofString(documents)));
        var results = new ArrayList<Applied>();
        for (JsonNode result : answer.path("results")) {
            results.add(Applied.of(result));
        }
        return results;
    }

    /** Creates or replaces one resource, whoever wrote it last. */
    public ApiResource put(ResourceKey key, JsonNode manifest) {
        return put(transport.request(path(key), Transport.SHORT), manifest);
    }

    /**
     * Replaces one resource if nobody has changed it since.
     *
     * @param expected its revision when it was read; {@link Revision#NONE} for "must not exist yet"
     * @throws MillraceException {@code CONFLICT} when another writer was faster
     */
    public ApiResource putIf(ResourceKey key, JsonNode manifest, Revision expected) {
        HttpRequest.Builder request = transport.request(path(key), Transport.SHORT);
        if (expected.equals(Revision.NONE)) {
            request.header("If-None-Match", "*");
        } else {
            request.header("If-Match", "\"" + expected + "\"");
        }
        return put(request, manifest);
    }

    /** One resource. */
    public ApiResource get(ResourceKey key) {
        return new ApiResource(transport.json(transport.request(path(key), Transport.SHORT)));
    }

    /** One resource, if it exists. */
    public Optional<ApiResource> find(ResourceKey key) {
        try {
            return Optional.of(get(key));
        } catch (ApiException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * All resources of a kind, however many pages they take.
     *
     * @param scope one project, or the whole install for all of them
     */
    public Listing list(Kind kind, Scope scope) {
        var items = new ArrayList<ApiResource>();
        String path = collection(kind, scope) + "?limit=" + PAGE;
        Revision revision = Revision.NONE;
        String next = "";
        do {
            String page = next.isEmpty() ? path : path + "&continue=" + encode(next);
            JsonNode answer = transport.json(transport.request(page, Transport.SHORT));
            for (JsonNode item : answer.path("items")) {
                items.add(new ApiResource(item));
            }
            if (next.isEmpty()) {
                revision = new Revision(answer.path("revision").asLong(0));
            }
            next = answer.path("continue").asString("");
        } while (!next.isEmpty());
        return new Listing(items, revision);
    }

    /** Deletes one resource and answers what it was. */
    public ApiResource delete(ResourceKey key) {
        return new ApiResource(
                transport.json(transport.request(path(key), Transport.SHORT).DELETE()));
    }

    /**
     * Hears of every change until the listener says stop, or the thread is interrupted. Reconnects
     * by itself and misses nothing.
     *
     * @param scope one project, or the whole install for all of them
     * @param after the revision from which on changes are wanted
     * @param listener answers whether to go on; called on the calling thread
     */
    public void watch(
            Kind kind, Scope scope, Revision after, Predicate<? super WatchEvent> listener) {
        var backoff = new Backoff(time);
        Revision seen = after;
        boolean connected = false;
        while (!Thread.currentThread().isInterrupted()) {
            String query = "?kind=" + kind.plural() + projectQuery(scope) + "&after=" + seen;
            try (InputStream stream = transport.stream(eventStream(BASE + "/watch" + query))) {
                connected = true;
                var events = new ServerSentEvents(stream);
                for (var event = events.next(); event.isPresent(); event = events.next()) {
                    backoff.reset();
                    WatchEvent change = watchEvent(event.get());
                    seen = change.revision();
                    if (!listener.test(change)) {
                        return;
                    }
                }
            } catch (IOException e) {
                throwIfInterrupted(e);
            } catch (MillraceException e) {
                throwUnlessWorthRetrying(e, connected);
            }
            backoff.pause();
        }
    }

    /** What happened to one resource of a project, oldest first. */
    public List<ApiEvent> events(ResourceKey key) {
        return events(path(key) + "/events");
    }

    /** What happened to all resources of a project, oldest first. */
    public List<ApiEvent> events(ProjectId project) {
        return events(project(project) + "/events");
    }

    private List<ApiEvent> events(String path) {
        JsonNode answer = transport.json(transport.request(path, Transport.SHORT));
        var events = new ArrayList<ApiEvent>();
        for (JsonNode event : answer.path("items")) {
            events.add(new ApiEvent(event));
        }
        return events;
    }

    /** The newest log lines of a pipeline, oldest first. */
    public List<LogEvent.Line> logs(LogQuery query) {
        JsonNode answer = transport.json(transport.request(path(query, false), Transport.SHORT));
        var lines = new ArrayList<LogEvent.Line>();
        for (JsonNode line : answer.path("lines")) {
            lines.add(line(line));
        }
        return lines;
    }

    /**
     * Follows the log of a pipeline until the listener says stop, or the thread is interrupted.
     * Reconnects by itself; a line comes once.
     *
     * @param listener answers whether to go on; called on the calling thread
     */
    public void followLogs(LogQuery query, Predicate<? super LogEvent> listener) {
        var backoff = new Backoff(time);
        var memory = new LogMemory();
        LogQuery current = query;
        boolean connected = false;
        while (!Thread.currentThread().isInterrupted()) {
            String reason = "the server ended the stream";
            try (InputStream stream = transport.stream(eventStream(path(current, true)))) {
                connected = true;
                var events = new ServerSentEvents(stream);
                for (var event = events.next(); event.isPresent(); event = events.next()) {
                    backoff.reset();
                    LogEvent heard = logEvent(event.get());
                    boolean isNew = !(heard instanceof LogEvent.Line line) || memory.isNew(line);
                    if (isNew && !listener.test(heard)) {
                        return;
                    }
                }
            } catch (IOException e) {
                throwIfInterrupted(e);
                reason = transport.broken(e).text();
            } catch (MillraceException e) {
                throwUnlessWorthRetrying(e, connected);
                reason = e.text();
            }
            if (!listener.test(new LogEvent.Reconnecting(reason, backoff.nextPause()))) {
                return;
            }
            memory.connectionEnded();
            current = query.withTail(Math.max(query.tail(), TAIL_AFTER_RECONNECT));
            backoff.pause();
        }
    }

    /** Whether a project's store holds content of this hash. */
    public boolean hasBlob(ProjectId project, String sha256) {
        String path = project(project) + "/blobs/" + encode(sha256);
        return transport.exists(
                transport.request(path, Transport.SHORT).method("HEAD", BodyPublishers.noBody()));
    }

    /** Stores a file in a project and answers its address, such as {@code blob:sha256:…}. */
    public String uploadBlob(ProjectId project, Path file, UploadProgress progress) {
        JsonNode answer =
                transport.json(
                        transport
                                .request(project(project) + "/blobs", Transport.LONG)
                                .header("Content-Type", "application/octet-stream")
                                .POST(body(file, progress)));
        return answer.path("uri").asString("");
    }

    /** Versions of models, which of them answers, and calls of them. */
    public ModelsApi models() {
        return models;
    }

    /** What the server proves itself with elsewhere. */
    public SecretsApi secrets() {
        return secrets;
    }

    /** Who may come to the object store inside. */
    public ObjectStoreApi objectStore() {
        return objectStore;
    }

    /** What pipelines gave up, and the work on it. */
    public DeadLettersApi deadLetters() {
        return deadLetters;
    }

    /** Looks into pipelines. */
    public PipelinesApi pipelines() {
        return pipelines;
    }

    /** What training runs report and make. */
    public TrainingApi training() {
        return training;
    }

    /** Makes a new client certificate for a data source: a zip that also holds its private key. */
    public byte[] certificates(ProjectId project, ResourceName dataSource) {
        String path = project(project) + "/datasources/" + encode(dataSource.value());
        HttpRequest.Builder request =
                transport
                        .request(path + "/certificates", Transport.SHORT)
                        .POST(BodyPublishers.noBody());
        try (InputStream zip = transport.stream(request)) {
            return zip.readAllBytes();
        } catch (IOException e) {
            throw transport.broken(e);
        }
    }

    /** Closes all connections; ends calls that are under way. */
    @Override
    public void close() {
        transport.close();
    }

    private ApiResource put(HttpRequest.Builder request, JsonNode manifest) {
        return new ApiResource(
                transport.json(
                        request.header("Content-Type", "application/json")
                                .PUT(transport.jsonBody(manifest))));
    }

    private HttpRequest.Builder eventStream(String path) {
        return transport.request(path).header("Accept", "text/event-stream");
    }

    private WatchEvent watchEvent(ServerSentEvents.Event event) {
        var resource = new ApiResource(transport.parse(event.data()));
        Revision revision =
                event.id().isEmpty() ? resource.revision() : new Revision(number(event.id()));
        return event.name().equals("deleted")
                ? new WatchEvent.Deleted(resource, revision)
                : new WatchEvent.Put(resource, revision);
    }

    private LogEvent logEvent(ServerSentEvents.Event event) {
        JsonNode data = transport.parse(event.data());
        return event.name().equals("lost")
                ? new LogEvent.Lost(data.path("lines").asLong(0))
                : line(data);
    }

    private static LogEvent.Line line(JsonNode node) {
        return new LogEvent.Line(
                node.path("step").asString(""),
                node.path("worker").asString(""),
                ApiResource.instant(node.path("time")).orElse(java.time.Instant.EPOCH),
                node.path("text").asString(""));
    }

    private static void throwUnlessWorthRetrying(MillraceException e, boolean connectedBefore) {
        if (!connectedBefore || !e.code().isTransient() || Thread.currentThread().isInterrupted()) {
            throw e;
        }
    }

    private void throwIfInterrupted(IOException e) {
        if (Thread.currentThread().isInterrupted()) {
            throw transport.broken(e);
        }
    }

    private static BodyPublisher body(Path file, UploadProgress progress) {
        try {
            return new CountingBody(BodyPublishers.ofFile(file), progress);
        } catch (FileNotFoundException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "The file " + file + " does not exist", e);
        }
    }

    private static long number(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw MillraceException.internal("the server sent '" + text + "' as a revision", e);
        }
    }

    private static String path(LogQuery query, boolean follow) {
        return project(query.project())
                + "/"
                + query.kind().plural()
                + "/"
                + encode(query.pipeline().value())
                + "/logs?tail="
                + query.tail()
                + query.onlyStep().map(step -> "&step=" + encode(step)).orElse("")
                + "&follow="
                + follow;
    }

    static String path(ResourceKey key) {
        return collection(key.kind(), key.scope()) + "/" + encode(key.name().value());
    }

    private static String collection(Kind kind, Scope scope) {
        String plural = "/" + kind.plural();
        return switch (scope) {
            case Scope.InProject(ProjectId project) when kind.isInProject() ->
                    project(project) + plural;
            case Scope.InProject _, Scope.Install() -> BASE + plural;
        };
    }

    private static String projectQuery(Scope scope) {
        return switch (scope) {
            case Scope.InProject(ProjectId project) -> "&project=" + encode(project.value());
            case Scope.Install() -> "";
        };
    }

    static String project(ProjectId project) {
        return BASE + "/projects/" + encode(project.value());
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
