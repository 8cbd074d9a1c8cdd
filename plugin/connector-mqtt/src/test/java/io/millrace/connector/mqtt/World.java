package io.millrace.connector.mqtt;

import static org.awaitility.Awaitility.await;

import io.millrace.api.DataSourceSpec.ExternalMqtt;
import io.millrace.api.Kind;
import io.millrace.api.MqttConnection;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.spi.LogRecord;
import io.millrace.spi.Secrets;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.SourceState;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.RecordingMeters;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A connector with a log, secrets and meters that a test can look into. */
final class World implements AutoCloseable {
    static final ProjectId GRID = new ProjectId("grid");
    static final ResourceKey PLANT = ResourceKey.of(Kind.DATA_SOURCE, GRID, "plant");
    static final String LOG_TOPIC = "grid.source.plant.load";
    static final ResourceName SECRET = new ResourceName("plant-login");
    static final Duration PATIENCE = Duration.ofSeconds(30);

    final InMemoryStreamLog log;
    final RecordingMeters meters = new RecordingMeters();
    final MutableSecrets secrets = new MutableSecrets();
    final MqttConnector connector;

    World() {
        this(InMemoryStreamLog.immediate(TimeSource.system(), 1));
    }

    World(InMemoryStreamLog log) {
        this(log, "node0001");
    }

    World(InMemoryStreamLog log, String node) {
        this.log = log;
        log.ensureTopics(List.of(LOG_TOPIC));
        connector = new MqttConnector(log, secrets, meters, TimeSource.system(), node, () -> 0.5);
    }

    /** Secrets in memory. */
    static final class MutableSecrets implements Secrets {
        private final Map<String, Secret> all = new ConcurrentHashMap<>();
        private final List<Listener> listeners = new ArrayList<>();

        void set(ResourceName name, Map<String, String> values) {
            all.put(GRID + "/" + name, new Secret(values));
            List.copyOf(listeners).forEach(listener -> listener.changed(GRID, name));
        }

        @Override
        public Optional<Secret> find(ProjectId project, ResourceName name) {
            return Optional.ofNullable(all.get(project + "/" + name));
        }

        @Override
        public Watch watch(Listener listener) {
            listeners.add(listener);
            return () -> listeners.remove(listener);
        }
    }

    static MqttConnection to(int port) {
        return connection("mqtt://127.0.0.1:" + port, false);
    }

    static MqttConnection connection(String url, boolean hasSecret) {
        return new MqttConnection(
                url,
                hasSecret ? Optional.of(SECRET) : Optional.empty(),
                "",
                MqttConnection.DEFAULT_KEEP_ALIVE);
    }

    static SourceBinding binding(MqttConnection broker, String... topics) {
        return binding(broker, 1, Optional.empty(), topics);
    }

    static SourceBinding binding(
            MqttConnection broker, int qos, Optional<String> group, String... topics) {
        var routes = new ArrayList<SourceBinding.Route>();
        for (String topic : topics) {
            routes.add(
                    new SourceBinding.Route(
                            new ResourceName("load" + routes.size()), topic, LOG_TOPIC));
        }
        return new SourceBinding(PLANT, new ExternalMqtt(broker, qos, group), routes);
    }

    /** Starts and waits for the connection. */
    void listen(SourceBinding binding) {
        connector.start(binding);
        awaitListening();
    }

    void awaitListening() {
        await().atMost(PATIENCE).until(() -> state().isTaking());
    }

    SourceState state() {
        return connector.state(PLANT, () -> {});
    }

    List<LogRecord> records() {
        return log.records(LOG_TOPIC);
    }

    List<String> texts() {
        return records().stream()
                .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                .toList();
    }

    void awaitTexts(String... expected) {
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        org.assertj.core.api.Assertions.assertThat(texts())
                                .containsExactly(expected));
    }

    @Override
    public void close() {
        connector.close();
        log.close();
    }
}
