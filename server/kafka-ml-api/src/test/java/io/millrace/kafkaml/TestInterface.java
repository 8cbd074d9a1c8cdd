package io.millrace.kafkaml;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.IdSource;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.control.Control;
import io.millrace.control.ControlPorts;
import io.millrace.control.ReconcileConfig;
import io.millrace.control.TrainingPorts;
import io.millrace.spi.BlobStore;
import io.millrace.spi.DefinitionState;
import io.millrace.spi.TrainingHost;
import io.millrace.spi.TrainingPlan;
import io.millrace.spi.TrainingState;
import io.millrace.store.InMemoryResourceStore;
import io.millrace.testkit.FakeAnnouncements;
import io.millrace.testkit.FakeDatasetHost;
import io.millrace.testkit.FakeEnvironments;
import io.millrace.testkit.FakeGraphHost;
import io.millrace.testkit.FakeModelHost;
import io.millrace.testkit.FakeModelMonitor;
import io.millrace.testkit.FakePipelineHost;
import io.millrace.testkit.FakeSourceConnector;
import io.millrace.testkit.FakeTrainingHost;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.RecordingEvents;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.RecordingStepLogs;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** The interface over a store with real reconcilers, and hosts that only play. */
final class TestInterface implements AutoCloseable {

    /** A site whose pages are refused. */
    static final String FOREIGN = "https://pages.example.org";

    final InMemoryResourceStore store =
            new InMemoryResourceStore(TimeSource.system(), IdSource.random());
    final FakeTrainingHost training = new FakeTrainingHost();
    final FakeAnnouncements announcements = new FakeAnnouncements();
    final InMemoryStreamLog log = InMemoryStreamLog.immediate(TimeSource.system(), 4);
    final FakeResults results;
    private final Path folder;
    private final Control control;
    private final HttpClient client = HttpClient.newHttpClient();
    private KafkaMlServer server;

    TestInterface(Path folder) throws IOException {
        this.folder = folder;
        this.results = new FakeResults(Files.writeString(folder.resolve("model"), "weights"));
        this.control =
                new Control(
                        store,
                        new ControlPorts(
                                log,
                                List.of(new FakeSourceConnector()),
                                new FakeEnvironments(),
                                new FakeModelHost(),
                                new FakeGraphHost(),
                                new FakePipelineHost(),
                                new RecordingStepLogs(),
                                new RecordingEvents(),
                                new FakeModelMonitor(),
                                new TrainingPorts(training, new FakeDatasetHost(), announcements)),
                        new RecordingMeters(),
                        TimeSource.system(),
                        ReconcileConfig.DEFAULT);
        control.start();
        this.server = open();
    }

    private KafkaMlServer open() {
        var opened =
                new KafkaMlServer(
                        new KafkaMlConfig(
                                "127.0.0.1",
                                0,
                                ProjectId.DEFAULT,
                                folder.resolve("ledger.json"),
                                Duration.ofSeconds(10)),
                        new KafkaMlPorts(
                                store,
                                new Judge(training),
                                results,
                                new Blobs(),
                                log,
                                TimeSource.system()),
                        (chain, _, _) -> chain.proceed(),
                        (_, origin) -> !origin.equals(FOREIGN));
        opened.start();
        return opened;
    }

    /** As after a restart of the process. */
    void restart() {
        server.close();
        server = open();
    }

    URI url(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    HttpClient client() {
        return client;
    }

    JsonNode get(String path) {
        HttpResponse<String> answer = send("GET", path, "");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Body.JSON.readTree(answer.body());
    }

    HttpResponse<String> send(String method, String path, String body) {
        return send(method, path, body, BodyHandlers.ofString());
    }

    <T> HttpResponse<T> send(
            String method, String path, String body, HttpResponse.BodyHandler<T> handler) {
        try {
            return client.send(
                    HttpRequest.newBuilder(url(path))
                            .method(method, HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    handler);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Creates something, which says nothing about it. */
    void create(String path, String body) {
        HttpResponse<String> answer = send("POST", path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        assertThat(answer.body()).isEmpty();
    }

    /** A refusal, in plain words. */
    String refusal(String method, String path, String body) {
        HttpResponse<String> answer = send(method, path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain");
        return answer.body();
    }

    @Override
    public void close() {
        server.close();
        control.close();
        client.close();
        store.close();
        log.close();
    }

    /** Says at once what is wrong with a definition: those that do not name a model. */
    private record Judge(FakeTrainingHost host) implements TrainingHost {
        @Override
        public void check(ResourceKey definition, ModelDefinitionSpec spec, Runnable changed) {
            host.check(definition, spec, changed);
            host.decide(
                    definition,
                    spec.source().code().contains("model =")
                            ? new DefinitionState.Valid("1 layer", "")
                            : new DefinitionState.Invalid("line 1: no variable 'model'"));
        }

        @Override
        public Optional<DefinitionState> definition(ResourceKey definition) {
            return host.definition(definition);
        }

        @Override
        public void forget(ResourceKey definition) {
            host.forget(definition);
        }

        @Override
        public void train(TrainingPlan plan, Runnable changed) {
            host.train(plan, changed);
        }

        @Override
        public Optional<TrainingState> observe(ResourceKey run) {
            return host.observe(run);
        }

        @Override
        public void remove(ResourceKey run) {
            host.remove(run);
        }

        @Override
        public void close() {}
    }

    private static final class Blobs implements BlobStore {
        @Override
        public String put(InputStream content, long maxBytes) {
            try {
                return "%064x".formatted(content.readAllBytes().length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public boolean contains(String sha256) {
            return true;
        }

        @Override
        public Path open(String sha256) {
            return Path.of(sha256);
        }
    }
}
