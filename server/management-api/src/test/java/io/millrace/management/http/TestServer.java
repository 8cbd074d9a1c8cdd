package io.millrace.management.http;

import io.helidon.webserver.WebServer;
import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.TimeSource;
import io.millrace.codec.archive.ArchivedFile;
import io.millrace.control.Control;
import io.millrace.control.ControlPorts;
import io.millrace.control.ReconcileConfig;
import io.millrace.control.TrainingPorts;
import io.millrace.security.SecretStore;
import io.millrace.spi.DataAnnouncements;
import io.millrace.spi.DatasetHost;
import io.millrace.store.InMemoryResourceStore;
import io.millrace.testkit.FakeEnvironments;
import io.millrace.testkit.FakeGraphHost;
import io.millrace.testkit.FakeModelHost;
import io.millrace.testkit.FakeModelHost.Verdict;
import io.millrace.testkit.FakeModelMonitor;
import io.millrace.testkit.FakeObjectStoreHost;
import io.millrace.testkit.FakePipelineHost;
import io.millrace.testkit.FakePipelineInsight;
import io.millrace.testkit.FakeSourceConnector;
import io.millrace.testkit.FakeTrainingHost;
import io.millrace.testkit.FakeTrainingResults;
import io.millrace.testkit.RecordingEvents;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.TopicsOnlyLog;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The API on a free port, with a real store and control behind it, and a client. */
final class TestServer implements AutoCloseable {
    static final byte[] GOOD = archive("saved_model.pb", "a model");
    static final String GOOD_FOLDER = "https://models.example.org/";
    static final String GOOD_ADDRESS = GOOD_FOLDER + "good.zip";
    static final String LATE_ADDRESS = "https://late.example.org/";
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    final InMemoryResourceStore store =
            new InMemoryResourceStore(TimeSource.system(), IdSource.random());
    final MemoryBlobs blobs = new MemoryBlobs();
    final MemoryLogs logs = new MemoryLogs();
    final SecretStore secrets = SecretStore.open(temporary());
    final RecordingEvents events = new RecordingEvents();
    final MemoryLetters letters = new MemoryLetters();
    final FakePipelineInsight insight = new FakePipelineInsight();
    final ManagementRoutes routes;
    final FakeModelHost models = new FakeModelHost(this::verdict);
    final FakeTrainingHost training = new FakeTrainingHost();
    final FakeTrainingResults results = new FakeTrainingResults();
    final FakeModelMonitor monitor = new FakeModelMonitor();
    final FakeObjectStoreHost objects = new FakeObjectStoreHost();
    private final Control control;
    private final WebServer server;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** Whether it says that it is not up yet. */
    volatile boolean isStarting;

    TestServer() {
        this(Duration.ofSeconds(10));
    }

    /** A server that waits so long for a version to be checked. */
    TestServer(Duration modelCheck) {
        var environments = new FakeEnvironments();
        environments.beInstant();
        var ports =
                new ControlPorts(
                        new TopicsOnlyLog(),
                        List.of(new FakeSourceConnector()),
                        environments,
                        models,
                        new FakeGraphHost(),
                        new FakePipelineHost(),
                        logs,
                        events,
                        monitor,
                        new TrainingPorts(training, DatasetHost.none(), DataAnnouncements.none()));
        control =
                new Control(
                        store,
                        ports,
                        new RecordingMeters(),
                        TimeSource.system(),
                        ReconcileConfig.DEFAULT);
        control.start();
        var limits =
                new ManagementLimits(
                        new DataSize(64 * 1024),
                        new DataSize(256 * 1024),
                        modelCheck,
                        Duration.ofMillis(50),
                        1000);
        routes =
                new ManagementRoutes(
                        new ManagementPorts(
                                store,
                                blobs,
                                models,
                                logs,
                                events,
                                letters,
                                (project, source) -> zip(project + "/" + source),
                                secrets,
                                () -> new ServerFacts("1.2.3", Map.of("http", 8080)),
                                new Insight(this::started, this::started, this::started),
                                TimeSource.system(),
                                monitor,
                                () -> results,
                                objects),
                        limits);
        server =
                WebServer.builder()
                        .host("127.0.0.1")
                        .port(0)
                        .shutdownHook(false)
                        .routing(routing -> routing.register(ManagementRoutes.PATH, routes))
                        .build()
                        .start();
    }

    private FakePipelineInsight started() {
        if (isStarting) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "still starting");
        }
        return insight;
    }

    /** A model is good when it says so; nothing is compressed in these archives. */
    private Verdict verdict(String content) {
        if (content.startsWith(LATE_ADDRESS)) {
            return new Verdict(State.PENDING, "the host is not known");
        }
        boolean isGood =
                content.startsWith(GOOD_FOLDER)
                        || new String(blobs.content(content), StandardCharsets.ISO_8859_1)
                                .contains("a model");
        return isGood
                ? new Verdict(State.READY, "")
                : new Verdict(State.REJECTED, "no saved_model.pb in it");
    }

    static byte[] archive(String name, String content) {
        var source = new ByteArrayInputStream(content.getBytes(StandardCharsets.ISO_8859_1));
        try (var archive = new ArchivedFile(name, source)) {
            return archive.readAllBytes();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("secrets");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static byte[] zip(String text) {
        return ("zip of " + text).getBytes(StandardCharsets.UTF_8);
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + ManagementRoutes.PATH + path);
    }

    /** An answer, with its body as JSON when it is some. */
    record Answer(HttpResponse<String> response) {
        int status() {
            return response.statusCode();
        }

        String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }

        JsonNode json() {
            return MAPPER.readTree(response.body());
        }

        String text(String pointer) {
            return json().at(pointer).asString();
        }
    }

    Answer get(String path, String... headers) {
        return send("GET", path, BodyPublishers.noBody(), headers);
    }

    Answer put(String path, String body, String... headers) {
        return send("PUT", path, BodyPublishers.ofString(body), headers);
    }

    Answer post(String path, String body, String... headers) {
        return send("POST", path, BodyPublishers.ofString(body), headers);
    }

    Answer post(String path, byte[] body, String... headers) {
        return send("POST", path, BodyPublishers.ofByteArray(body), headers);
    }

    Answer delete(String path, String... headers) {
        return send("DELETE", path, BodyPublishers.noBody(), headers);
    }

    Answer send(String method, String path, BodyPublisher body, String... headers) {
        var request =
                HttpRequest.newBuilder(uri(path))
                        .method(method, body)
                        .timeout(Duration.ofSeconds(20));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return new Answer(client.send(request.build(), BodyHandlers.ofString()));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Opens a stream of events. */
    EventReader events(String path, String... headers) {
        var request = HttpRequest.newBuilder(uri(path)).header("Accept", "text/event-stream");
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            HttpResponse<InputStream> response =
                    client.send(request.build(), BodyHandlers.ofInputStream());
            return new EventReader(response.statusCode(), response.body());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    void apply(String yaml) {
        Answer answer = post("/apply", yaml);
        if (answer.status() != 200) {
            throw new AssertionError(answer.response().body());
        }
    }

    void stopHttp() {
        server.stop();
    }

    @Override
    public void close() {
        server.stop();
        control.close();
        secrets.retain(List.of());
        store.close();
        client.shutdownNow();
    }
}
