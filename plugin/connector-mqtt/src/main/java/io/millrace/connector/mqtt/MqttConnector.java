package io.millrace.connector.mqtt;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.DataSourceSpec.ExternalMqtt;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.MqttConnection;
import io.millrace.api.PipelineSpec;
import io.millrace.api.PipelineSpec.MqttOutput;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.spi.Meters;
import io.millrace.spi.Secrets;
import io.millrace.spi.Sink;
import io.millrace.spi.SinkConnector;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.SourceConnector;
import io.millrace.spi.SourceState;
import io.millrace.spi.StreamLog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Other MQTT brokers: takes data from their topics into the log, and brings results to them. Each
 * data source has one connection, and so has each output of each task of a pipeline.
 *
 * <p>Construct, use, {@link #close()}; once. Close it before the log.
 */
public final class MqttConnector implements SourceConnector, SinkConnector, AutoCloseable {
    private final StreamLog log;
    private final Secrets secrets;
    private final Meters meters;
    private final TimeSource time;
    private final DoubleSupplier jitter;
    private final ClientIds clientIds;
    private final Secrets.Watch watch;

    private final Map<ResourceKey, Running> sources = new HashMap<>();
    private final Map<ExternalSink, Use> sinks = new ConcurrentHashMap<>();
    private boolean isClosed;

    private record Running(ExternalSource source, MqttConnection broker, String clientId) {}

    /** Whose secret a sink uses. */
    private record Use(ProjectId project, Optional<ResourceName> secret) {}

    /**
     * Connects nowhere yet.
     *
     * @param nodeId a stable name of this install: part of the client ids
     * @param jitter numbers from 0 to 1 at random, from any thread, to spread attempts
     */
    public MqttConnector(
            StreamLog log,
            Secrets secrets,
            Meters meters,
            TimeSource time,
            String nodeId,
            DoubleSupplier jitter) {
        this.log = log;
        this.secrets = secrets;
        this.meters = meters;
        this.time = time;
        this.jitter = jitter;
        this.clientIds = new ClientIds(nodeId);
        this.watch = secrets.watch(this::secretChanged);
    }

    @Override
    public boolean supports(DataSourceSpec.Connection connection) {
        return connection instanceof ExternalMqtt;
    }

    @Override
    public void start(SourceBinding binding) {
        if (!(binding.connection() instanceof ExternalMqtt mqtt)) {
            throw MillraceException.internal("not an MQTT broker: " + binding.connection(), null);
        }
        var _ = BrokerAddress.parse(mqtt.broker().url());
        Running before = running(binding.source());
        if (before != null) {
            if (before.source().binding().equals(binding)) {
                return;
            }
            if (before.source().canBecome(binding)) {
                before.source().become(binding);
                return;
            }
            end(binding.source(), before, !isSameSession(before, binding, mqtt));
        }
        begin(binding, mqtt, before);
    }

    private void begin(SourceBinding binding, ExternalMqtt mqtt, @Nullable Running before) {
        String clientId = clientIds.ofSource(binding.source(), mqtt.broker());
        var source =
                new ExternalSource(binding, mqtt, clientId, log, secrets, meters, time, jitter);
        if (before != null) {
            source.replaces(before.source().binding());
        }
        synchronized (this) {
            if (isClosed) {
                throw new MillraceException(ErrorCode.UNAVAILABLE, "the server is stopping");
            }
            sources.put(binding.source(), new Running(source, mqtt.broker(), clientId));
        }
        source.start();
    }

    /** Then the broker keeps what comes meanwhile for the connection to come. */
    private static boolean isSameSession(Running before, SourceBinding binding, ExternalMqtt mqtt) {
        return before.broker().url().equals(mqtt.broker().url())
                && before.broker().clientId().equals(mqtt.broker().clientId())
                && before.source().binding().source().equals(binding.source());
    }

    private synchronized @Nullable Running running(ResourceKey source) {
        return sources.get(source);
    }

    private void end(ResourceKey key, Running running, boolean forget) {
        synchronized (this) {
            sources.remove(key);
        }
        if (forget) {
            running.source().remove();
        } else {
            running.source().close();
        }
        clientIds.release(running.broker().url(), running.clientId());
    }

    @Override
    public SourceState state(ResourceKey source, Runnable changed) {
        Running running = running(source);
        return running == null ? SourceState.LISTENING : running.source().state(changed);
    }

    @Override
    public void stop(ResourceKey source) {
        Running running = running(source);
        if (running != null) {
            end(source, running, true);
        }
    }

    @Override
    public Optional<Sink> open(ProjectId project, PipelineSpec.Output output) {
        if (!(output instanceof MqttOutput mqtt) || mqtt.broker().isEmpty()) {
            return Optional.empty();
        }
        MqttConnection broker = mqtt.broker().get();
        var _ = BrokerAddress.parse(broker.url());
        String clientId = clientIds.ofSink(project, broker);
        var sinkMeters = new SinkMeters(meters, project, clientId);
        var dialer =
                new Dialer(
                        project,
                        broker,
                        new SessionSpec(clientId, broker.keepAlive(), false),
                        secrets);
        var released = new ArrayList<ExternalSink>(1);
        var sink =
                new ExternalSink(
                        new ResultMessages(mqtt, sinkMeters),
                        sinkMeters,
                        user ->
                                new MqttLink(
                                        "mqtt " + clientId,
                                        () -> dialer.open(message -> message.acknowledge().run()),
                                        user,
                                        time,
                                        jitter),
                        () -> {
                            sinks.keySet().removeAll(released);
                            clientIds.release(broker.url(), clientId);
                        });
        released.add(sink);
        sinks.put(sink, new Use(project, broker.secret()));
        sink.start();
        return Optional.of(sink);
    }

    private void secretChanged(ProjectId project, ResourceName name) {
        List<Running> running;
        synchronized (this) {
            running = List.copyOf(sources.values());
        }
        running.forEach(one -> one.source().secretChanged(project, name));
        for (Map.Entry<ExternalSink, Use> entry : Set.copyOf(sinks.entrySet())) {
            Use use = entry.getValue();
            if (use.project().equals(project) && use.secret().filter(name::equals).isPresent()) {
                entry.getKey().secretChanged();
            }
        }
    }

    /** Ends all connections; brokers keep the sessions of data sources. Idempotent. */
    @Override
    public void close() {
        Map<ResourceKey, Running> left;
        synchronized (this) {
            isClosed = true;
            left = Map.copyOf(sources);
        }
        watch.close();
        left.forEach((key, running) -> end(key, running, false));
        List.copyOf(sinks.keySet()).forEach(ExternalSink::close);
    }
}
