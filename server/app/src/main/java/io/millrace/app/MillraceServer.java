package io.millrace.app;

import io.helidon.webserver.http.HttpRouting;
import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import io.millrace.connector.http.HttpArtifactSource;
import io.millrace.connector.s3.S3ArtifactSource;
import io.millrace.connector.s3.S3Config;
import io.millrace.connector.s3.S3ObjectStores;
import io.millrace.control.Control;
import io.millrace.control.ControlPorts;
import io.millrace.control.ReconcileConfig;
import io.millrace.drift.DriftConfig;
import io.millrace.drift.DriftMonitor;
import io.millrace.embedded.kafka.EmbeddedKafka;
import io.millrace.embedded.mqtt.EmbeddedMqttBroker;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig;
import io.millrace.embedded.mqtt.MqttLimits;
import io.millrace.embedded.s3.EmbeddedObjectStore;
import io.millrace.embedded.s3.EmbeddedS3Config;
import io.millrace.events.EventReceiver;
import io.millrace.events.EventRoutes;
import io.millrace.events.EventsConfig;
import io.millrace.events.EventsListener;
import io.millrace.events.EventsTls;
import io.millrace.events.SnsConfirmation;
import io.millrace.function.FileStepLogs;
import io.millrace.function.FunctionRuntimeConfig;
import io.millrace.function.KerasConverter;
import io.millrace.function.ProcessFunctionRuntime;
import io.millrace.inference.FileArtifactSource;
import io.millrace.inference.FileBlobStore;
import io.millrace.inference.ModelProbe;
import io.millrace.inference.ModelResidency;
import io.millrace.inference.ProbeConfig;
import io.millrace.inference.ResidencyConfig;
import io.millrace.inference.graph.GraphRuntime;
import io.millrace.inference.grpc.GrpcConfig;
import io.millrace.inference.grpc.GrpcInference;
import io.millrace.inference.http.InferenceAddress;
import io.millrace.inference.http.InferenceApiConfig;
import io.millrace.inference.http.InferenceRoutes;
import io.millrace.inference.protocol.BodyMemory;
import io.millrace.inference.protocol.InferencePorts;
import io.millrace.inference.protocol.RequestLog;
import io.millrace.inference.transformer.TransformerRuntime;
import io.millrace.kafkaml.KafkaMlPorts;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import io.millrace.management.http.ManagementLimits;
import io.millrace.management.http.ManagementPorts;
import io.millrace.management.http.ManagementRoutes;
import io.millrace.management.http.ServerFacts;
import io.millrace.model.onnx.OnnxEngine;
import io.millrace.model.tensorflow.TensorFlowEngine;
import io.millrace.model.tflite.TfliteEngine;
import io.millrace.security.CertificateAuthority;
import io.millrace.security.SecretStore;
import io.millrace.security.ServerNames;
import io.millrace.spi.AllowedOrigins;
import io.millrace.spi.ArtifactSource;
import io.millrace.spi.ObjectStoreHost;
import io.millrace.spi.ObjectStores;
import io.millrace.spi.Secrets;
import io.millrace.spi.StreamLog;
import io.millrace.spi.Tracing;
import io.millrace.store.ResourceStore;
import io.millrace.store.SqlResourceStore;
import io.millrace.stream.StreamRuntime;
import io.millrace.stream.dead.DeadLetterDesk;
import io.millrace.stream.dead.ResumingHost;
import io.millrace.stream.replay.Replays;
import io.millrace.stream.trace.Traces;
import io.millrace.telemetry.otlp.OtlpConfig;
import io.millrace.telemetry.otlp.OtlpTracing;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Millrace process: makes all parts, starts what takes long side by side, and stops everything
 * in reverse order.
 *
 * <pre>
 *   data directory ─▶ store, authority ─▶ HTTP ─▶ MQTT prepared ─▶┐
 *                  ─▶ Kafka ─▶ log ──────────────────────────────▶├─▶ runtime ─▶ control ─▶ first pass over data sources ─▶ MQTT open
 * </pre>
 *
 * MQTT lets clients in last: a message on a data source's topic that came before its route is known
 * would be acknowledged by the broker and never reach the log.
 */
final class MillraceServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(MillraceServer.class);
    private static final Duration FIRST_PASS = Duration.ofSeconds(60);
    private static final String KAFKA = "kafka";
    private static final String STORE = "store";
    private static final String MQTT = "mqtt";
    private static final String S3 = "s3";

    private final ServerConfig config;
    private final TimeSource time = TimeSource.system();
    private final IdSource ids = IdSource.random();
    private final Instant started = time.now();
    private final PrometheusMeters meters = new PrometheusMeters();
    private final Readiness readiness = new Readiness();
    private final Lifecycle lifecycle = new Lifecycle();
    private final MemoryEventLog events = new MemoryEventLog(time, meters);
    private final LateInsight insight = new LateInsight();
    private final LateObjectEvents bucketEvents = new LateObjectEvents();
    private final LateTraining training = new LateTraining();

    MillraceServer(ServerConfig config) {
        this.config = config;
        readiness.expect(KAFKA);
        readiness.expect(STORE);
        readiness.expect(MQTT);
        readiness.expect(S3);
        meters.gauge(
                "millrace_ready",
                "1 while everything is up, as /readyz says",
                () -> readiness.isReady() ? 1 : 0);
        meters.gauge(
                "millrace_start_time_seconds",
                "When this process was started, seconds since the epoch",
                started::getEpochSecond);
    }

    int httpPort() {
        return config.http().port();
    }

    /**
     * Starts everything and returns when it is ready.
     *
     * @throws MillraceException when something cannot be started; everything is stopped again
     */
    void start() {
        long begin = time.nanoTime();
        try {
            startParts();
        } catch (Throwable e) {
            lifecycle.close();
            throw e;
        }
        LOG.info(
                "Ready after {} ms: HTTP on {}, MQTT with client certificates on {}{}, Kafka on {}, S3 on {}, data in {}",
                (time.nanoTime() - begin) / 1_000_000,
                config.http().port(),
                config.mqtt().port(),
                config.mqttLogin().map(login -> ", with users on " + login.at().port()).orElse("")
                        + config.mqttPlain()
                                .map(plain ->
                                        ", plain on %s:%d"
                                                .formatted(plain.at().bind(), plain.at().port()))
                                .orElse(""),
                config.kafka().bootstrap().orElse(Integer.toString(config.kafka().port())),
                config.s3().map(s3 -> Integer.toString(s3.port())).orElse("no port"),
                config.data());
    }

    private void startParts() {
        DataDirectory data =
                lifecycle.add("data directory", DataDirectory.take(config.data(), holder()));
        String nodeId = data.nodeId(ids);
        PortCheck.check(config);
        Tracing tracing = tracing(nodeId);
        try (ExecutorService starters = Executors.newVirtualThreadPerTaskExecutor()) {
            // Kafka takes longest; everything that can do without it starts beside it.
            Future<KafkaStreamLog> log = starters.submit(() -> startLog(data));
            Future<CertificateAuthority> authority =
                    starters.submit(
                            () -> CertificateAuthority.open(data.folder("certificates"), time));
            Future<ResourceStore> store = starters.submit(() -> openStore(data));
            Future<EmbeddedObjectStore> objects =
                    starters.submit(() -> startObjects(data, join(store)));
            var blobs = FileBlobStore.open(data.folder("blobs"), ids);
            var lateLog = new LateStreamLog();
            var drift = drift(data, nodeId, lateLog);
            SecretStore secrets = SecretStore.open(data.folder("secrets"));
            var models = lifecycle.add("models", models(data, blobs, drift, secrets, objects));
            models.start();
            var logs = lifecycle.add("step logs", new FileStepLogs(data.folder("logs"), meters));
            var functions = functions(data, logs);
            var transformers = new TransformerRuntime(models, functions, secrets, meters, time);
            var graphs =
                    new GraphRuntime(
                            models,
                            transformers,
                            functions,
                            meters,
                            time,
                            () -> ThreadLocalRandom.current().nextLong());
            secrets.retain(projects(join(store)));
            var deadLetters = new DeadLetterDesk(lateLog, time, ids, meters);
            // Functions call it until their last message is done, so it stops after them.
            startHttp(
                    join(store),
                    blobs,
                    logs,
                    deadLetters,
                    join(authority),
                    secrets,
                    models,
                    graphs,
                    transformers,
                    drift,
                    tracing,
                    join(objects));
            var identities = new SourceIdentities(join(authority), join(store));
            var mqtt = mqtt(data, lateLog, join(authority), identities, secrets);
            mqtt.prepare();
            StreamLog started = guarded(joinOrClose(log, mqtt), data);
            lateLog.arrived(started);
            // Only now: it stops before the log into which it drains.
            lifecycle.add(MQTT, mqtt);
            lifecycle.add("client identities", identities);
            identities.start(mqtt::recheckIdentities);
            lifecycle.add("functions", functions);
            lifecycle.add("graphs", graphs);
            lifecycle.add("transformers", transformers).start();
            lifecycle.add("dead letters", deadLetters);
            // After the log, so that what it reads there ends before.
            lifecycle.add("drift", drift).start();
            var stores =
                    new ServerObjectStores(
                            join(objects),
                            lifecycle.add(
                                    "other object stores",
                                    new S3ObjectStores(config.bucketEndpoints(), secrets, time)));
            var connectors =
                    Connectors.open(
                            lifecycle,
                            mqtt,
                            started,
                            stores,
                            data.folder("buckets"),
                            secrets,
                            meters,
                            events,
                            time,
                            nodeId);
            bucketEvents.arrived(connectors.buckets());
            startRuntime(
                    data,
                    nodeId,
                    started,
                    join(store),
                    blobs,
                    models,
                    functions,
                    graphs,
                    transformers,
                    logs,
                    deadLetters,
                    connectors,
                    stores,
                    drift,
                    tracing);
            // All that were declared are there now: what none of them wants is nobody's.
            connectors.buckets().settled();
            // As MQTT: before all data sources are known, what happens waits. It ends before the
            // log.
            lifecycle.add("object events", join(objects).tell(connectors.buckets()));
            mqtt.open();
            readiness.up(MQTT);
        }
    }

    private void startHttp(
            ResourceStore store,
            FileBlobStore blobs,
            FileStepLogs logs,
            DeadLetterDesk deadLetters,
            CertificateAuthority authority,
            SecretStore secrets,
            ModelResidency models,
            GraphRuntime graphs,
            TransformerRuntime transformers,
            DriftMonitor drift,
            Tracing tracing,
            ObjectStoreHost objects) {
        var management =
                new ManagementRoutes(
                        new ManagementPorts(
                                store,
                                blobs,
                                models,
                                logs,
                                events,
                                deadLetters,
                                (project, source) ->
                                        authority.issue(project, source).bundle().zip(),
                                secrets,
                                this::facts,
                                insight.insight(),
                                time,
                                drift,
                                training::results,
                                objects),
                        ManagementLimits.DEFAULT);
        ServerConfig.InferenceSettings limits = config.inference();
        var ports =
                new InferencePorts(
                        models,
                        graphs,
                        new RequestLog(meters, time),
                        BodyMemory.standard(limits.maxBody()),
                        readiness::isReady,
                        meters,
                        time,
                        ids,
                        tracing,
                        transformers);
        var inference =
                new InferenceRoutes(
                        new InferenceApiConfig(limits.maxBody(), limits.timeout()), ports);
        var receiver = eventReceiver();
        HttpRouting.Builder routing = HttpRouting.builder();
        // First, and not as a service of its own: Helidon looks for a request's route one by one,
        // and walks into every service that may have it.
        inference.routing(routing);
        var http =
                new HttpFace(
                        config.http(),
                        routing.get("/", (_, response) -> InferenceRoutes.alive(response))
                                .register(new HealthRoutes(readiness, meters))
                                .register(ManagementRoutes.PATH, management)
                                .register(new EventRoutes(receiver)),
                        new GrpcInference(
                                new GrpcConfig(limits.maxBody(), limits.timeout()), ports));
        http.start();
        lifecycle.add("http", http);
        config.events()
                .ifPresent(settings ->
                        lifecycle
                                .add("events", eventsListener(settings, authority, receiver))
                                .start());
    }

    private EventReceiver eventReceiver() {
        var web =
                lifecycle.add("confirmations", new HttpArtifactSource(AllowedOrigins.publicWeb()));
        return new EventReceiver(
                bucketEvents,
                new SnsConfirmation(web, config.data().resolve("buckets"), time),
                meters,
                time);
    }

    private EventsListener eventsListener(
            ServerConfig.EventsSettings settings,
            CertificateAuthority authority,
            EventReceiver receiver) {
        Optional<SSLContext> tls = Optional.empty();
        if (settings.isTls()) {
            var stores = authority.serverKeyStores(ServerNames.ofThisMachine());
            tls =
                    Optional.of(
                            EventsTls.of(
                                    stores.keyStore(), stores.trustStore(), stores.password()));
        }
        return new EventsListener(
                new EventsConfig(settings.at().bind(), settings.at().port(), tls),
                receiver,
                new CallerCheck(settings.at()));
    }

    private void startRuntime(
            DataDirectory data,
            String nodeId,
            StreamLog log,
            ResourceStore store,
            FileBlobStore blobs,
            ModelResidency models,
            ProcessFunctionRuntime functions,
            GraphRuntime graphs,
            TransformerRuntime transformers,
            FileStepLogs logs,
            DeadLetterDesk deadLetters,
            Connectors connectors,
            ObjectStores stores,
            DriftMonitor drift,
            Tracing tracing) {
        var pipelines =
                lifecycle.add(
                        "pipelines",
                        new StreamRuntime(
                                log,
                                models,
                                functions,
                                connectors.sinks(),
                                meters,
                                time,
                                nodeId,
                                events,
                                tracing,
                                stores,
                                transformers));
        var replays = lifecycle.add("replays", new Replays(pipelines.insight(), ids, logs::remove));
        TrainingParts trained = training(data, log, store, blobs, models);
        var control =
                lifecycle.add(
                        "control",
                        new Control(
                                store,
                                new ControlPorts(
                                        log,
                                        connectors.sources(),
                                        functions,
                                        models,
                                        graphs,
                                        new ResumingHost(pipelines, deadLetters),
                                        logs,
                                        events,
                                        drift,
                                        trained.ports(),
                                        transformers),
                                meters,
                                time,
                                ReconcileConfig.DEFAULT));
        control.start();
        training.arrived(trained.results());
        config.kafkaMl()
                .map(settings ->
                        KafkaMlFace.of(
                                settings,
                                data.folder("kafka-ml"),
                                new KafkaMlPorts(
                                        store,
                                        trained.ports().training(),
                                        trained.results(),
                                        blobs,
                                        log,
                                        time)))
                .ifPresent(face -> lifecycle.add("kafka-ml", face).start());
        // Not before: whoever finds something missing is told until here that the server starts.
        insight.arrived(pipelines.taps(), new Traces(pipelines.insight(), logs::remove), replays);
        control.awaitDataSources(FIRST_PASS);
    }

    private TrainingParts training(
            DataDirectory data,
            StreamLog log,
            ResourceStore store,
            FileBlobStore blobs,
            ModelResidency models) {
        var parts =
                new TrainingParts(
                        data.folder("training"),
                        functionConfig(data).environments(),
                        config.training(),
                        models,
                        blobs,
                        log,
                        store,
                        meters,
                        time,
                        ids);
        lifecycle.add("training", parts);
        parts.start();
        return parts;
    }

    /** First of all that works, so that it ends last. */
    private Tracing tracing(String nodeId) {
        if (config.tracing().isEmpty()) {
            return Tracing.OFF;
        }
        ServerConfig.TracingSettings settings = config.tracing().get();
        var tracing =
                new OtlpTracing(
                        new OtlpConfig(settings.endpoint(), settings.share(), nodeId, version()),
                        meters,
                        time,
                        () -> ThreadLocalRandom.current().nextLong());
        lifecycle.add("tracing", tracing);
        tracing.start();
        return tracing;
    }

    private ProcessFunctionRuntime functions(DataDirectory data, FileStepLogs logs) {
        return new ProcessFunctionRuntime(
                functionConfig(data), this::inferenceEndpoint, logs, meters, time, ids);
    }

    private KafkaStreamLog startLog(DataDirectory data) {
        ServerConfig.KafkaSettings kafka = config.kafka();
        String bootstrap =
                kafka.bootstrap().isPresent() ? kafka.bootstrap().get() : startKafka(data);
        KafkaStreamLog log =
                KafkaStreamLog.open(
                        new KafkaLogConfig(
                                bootstrap,
                                kafka.partitions(),
                                kafka.bootstrap().isPresent() ? kafka.replicationFactor() : 1,
                                KafkaLogConfig.DEFAULT_RETENTION,
                                kafka.client()),
                        time,
                        meters);
        lifecycle.add("log", log);
        readiness.up(KAFKA);
        return log;
    }

    /** A log of our own must not fill the disk. */
    private StreamLog guarded(KafkaStreamLog log, DataDirectory data) {
        if (config.kafka().bootstrap().isPresent()) {
            return log;
        }
        try {
            var guard =
                    DiskGuard.start(
                            data.folder(KAFKA), config.diskReserve(), meters, time, readiness);
            return new GuardedStreamLog(log, lifecycle.add("disk guard", guard));
        } catch (IOException e) {
            throw MillraceException.internal("the disk of the data folder cannot be read", e);
        }
    }

    private String startKafka(DataDirectory data) {
        var broker =
                new EmbeddedKafka(
                        EmbeddedLog.config(data.folder(KAFKA), config.kafka()),
                        fault -> {
                            LOG.error("The embedded Kafka has died: {}", fault.text());
                            readiness.down(KAFKA, fault.text() + "; restart the server");
                        });
        lifecycle.add(KAFKA, broker);
        broker.start();
        return broker.bootstrapServers();
    }

    private EmbeddedObjectStore startObjects(DataDirectory data, ResourceStore store) {
        var objects =
                EmbeddedObjectStore.open(
                        new EmbeddedS3Config(data.folder("objects"), config.diskReserve()),
                        time,
                        ids,
                        meters);
        lifecycle.add("object store", objects);
        objects.retain(projects(store));
        config.s3().ifPresent(s3 -> objects.listen(s3.bind(), s3.port()));
        readiness.up(S3);
        return objects;
    }

    private ResourceStore openStore(DataDirectory data) {
        ResourceStore store =
                SqlResourceStore.openSqlite(
                        data.folder("store").resolve("resources.db"), time, ids);
        lifecycle.add(STORE, store);
        readiness.up(STORE);
        return store;
    }

    private static List<ProjectId> projects(ResourceStore store) {
        return store.image().all(Kind.PROJECT).stream()
                .map(project -> new ProjectId(project.key().name().value()))
                .toList();
    }

    private EmbeddedMqttBroker mqtt(
            DataDirectory data,
            StreamLog log,
            CertificateAuthority authority,
            SourceIdentities identities,
            Secrets secrets) {
        var stores = authority.serverKeyStores(ServerNames.ofThisMachine());
        return new EmbeddedMqttBroker(
                new EmbeddedMqttConfig(
                        data.folder(MQTT),
                        MqttListeners.of(
                                config,
                                new EmbeddedMqttConfig.Keys(
                                        stores.keyStore(), stores.trustStore(), stores.password())),
                        MqttLimits.DEFAULT),
                log,
                meters,
                time,
                ids,
                identities,
                secrets,
                events);
    }

    private DriftMonitor drift(DataDirectory data, String nodeId, StreamLog log) {
        return new DriftMonitor(
                DriftConfig.of(data.folder("drift"), nodeId),
                log,
                events,
                meters,
                time,
                () -> ThreadLocalRandom.current().nextDouble());
    }

    private ModelResidency models(
            DataDirectory data,
            FileBlobStore blobs,
            DriftMonitor drift,
            Secrets secrets,
            Future<EmbeddedObjectStore> objects) {
        ServerConfig.ModelSettings settings = config.models();
        ResidencyConfig standard = ResidencyConfig.standard(data.folder("models"));
        return new ModelResidency(
                settings.memory().map(standard::withMemory).orElse(standard),
                blobs,
                artifactSources(settings, secrets, objects),
                List.of(new TensorFlowEngine(), new OnnxEngine(), new TfliteEngine()),
                List.of(new KerasConverter(functionConfig(data))),
                new ModelProbe(ProbeConfig.ofThisProcess(), data.folder("probes"), time, ids),
                time,
                ids,
                meters,
                drift);
    }

    private List<ArtifactSource> artifactSources(
            ServerConfig.ModelSettings settings,
            Secrets secrets,
            Future<EmbeddedObjectStore> objects) {
        var http = lifecycle.add("http downloads", new HttpArtifactSource(settings.origins()));
        var s3 =
                lifecycle.add(
                        "object store downloads",
                        new S3ArtifactSource(
                                settings.origins(),
                                new S3Config(
                                        settings.s3Endpoint().orElse(null),
                                        settings.s3Region(),
                                        System.getenv("AWS_ACCESS_KEY_ID"),
                                        System.getenv("AWS_SECRET_ACCESS_KEY")),
                                secrets));
        // The embedded store answers for its own buckets, unless the operator chose another store.
        ArtifactSource buckets =
                settings.s3Endpoint().isPresent()
                        ? s3
                        : new S3Addresses(() -> join(objects).artifacts(), s3);
        return List.of(http, buckets, new FileArtifactSource(settings.origins()));
    }

    private FunctionRuntimeConfig functionConfig(DataDirectory data) {
        return FunctionRuntimeConfig.of(data.folder("functions"))
                .withEnvironments(config.cache().resolve("environments"));
    }

    private String inferenceEndpoint(ProjectId project) {
        return InferenceAddress.of(config.http().local(), project);
    }

    private ServerFacts facts() {
        Map<String, Integer> ports = new LinkedHashMap<>();
        ports.put("http", config.http().port());
        ports.put(MQTT, config.mqtt().port());
        config.s3().ifPresent(s3 -> ports.put(S3, s3.port()));
        config.mqttPlain().ifPresent(plain -> ports.put("mqttPlain", plain.at().port()));
        config.mqttLogin().ifPresent(login -> ports.put("mqttLogin", login.at().port()));
        if (config.kafka().bootstrap().isEmpty()) {
            ports.put(KAFKA, config.kafka().port());
            config.kafka().extra().ifPresent(extra -> ports.put("kafkaExtra", extra.at().port()));
        }
        return new ServerFacts(version(), ports);
    }

    private static String version() {
        @Nullable String version = MillraceServer.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    private String holder() {
        return "process %d since %s".formatted(ProcessHandle.current().pid(), time.now());
    }

    private static <T> T joinOrClose(Future<T> part, EmbeddedMqttBroker unregistered) {
        try {
            return join(part);
        } catch (MillraceException e) {
            unregistered.close();
            throw e;
        }
    }

    private static <T> T join(Future<T> part) {
        try {
            return part.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof MillraceException known
                    ? known
                    : MillraceException.internal("a part did not start: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw MillraceException.internal("interrupted while starting", e);
        }
    }

    @Override
    public void close() {
        readiness.down(MQTT, "stopping");
        lifecycle.close();
    }
}
