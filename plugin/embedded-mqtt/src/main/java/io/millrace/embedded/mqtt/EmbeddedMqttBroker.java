package io.millrace.embedded.mqtt;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Anonymous;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Listener;
import io.millrace.spi.EventLog;
import io.millrace.spi.Meters;
import io.millrace.spi.Secrets;
import io.millrace.spi.Sink;
import io.millrace.spi.SinkConnector;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.SourceConnector;
import io.millrace.spi.SourceState;
import io.millrace.spi.StreamLog;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTSessionState;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTStateManager;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTUtil;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The MQTT broker in this process: source of data sources, sink of pipelines, and a plain broker
 * for everything else, each project for itself.
 *
 * <p>Construct, {@link #start()}, {@link #close()}; once. Bindings may come before the start.
 */
public final class EmbeddedMqttBroker implements SourceConnector, SinkConnector, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(EmbeddedMqttBroker.class);

    private static final Duration POLL = Duration.ofMillis(2);

    private static final int IDLE_POLLS = 8;
    private static final Duration DISCONNECT_DEADLINE = Duration.ofMillis(500);

    private enum State {
        NEW,
        STARTING,
        RUNNING,
        CLOSED
    }

    private final EmbeddedMqttConfig config;
    private final StreamLog streamLog;
    private final TimeSource time;
    private final IdSource ids;
    private final ClientIdentities identities;
    private final Secrets secrets;
    private final Refusals refusals;
    private final Map<ResourceKey, Runnable> watchers = new ConcurrentHashMap<>();
    private final BrokerMeters meters;
    private final IngestBudget budget;
    private final AtomicReference<State> state = new AtomicReference<>(State.NEW);
    private final AtomicReference<RouteTable> routes = new AtomicReference<>(RouteTable.EMPTY);
    private final AtomicLong subscriptionEpoch = new AtomicLong();
    private volatile @Nullable Running running;
    private volatile Secrets.Watch secretsWatch = () -> {};

    /** What there is between start and close. */
    private record Running(
            WatchedServer server,
            MessageRouter router,
            BrokerContext context,
            Map<String, Integer> ports) {}

    /** A broker that tells nobody of senders it refuses but the log. */
    public EmbeddedMqttBroker(
            EmbeddedMqttConfig config,
            StreamLog streamLog,
            Meters meters,
            TimeSource time,
            IdSource ids,
            ClientIdentities identities,
            Secrets secrets) {
        this(config, streamLog, meters, time, ids, identities, secrets, EventLog.none());
    }

    /**
     * A broker.
     *
     * @param streamLog takes what is published for data sources
     * @param identities says whom a certificate stands for
     * @param secrets with the passwords of users
     * @param events hears of senders that are refused
     */
    public EmbeddedMqttBroker(
            EmbeddedMqttConfig config,
            StreamLog streamLog,
            Meters meters,
            TimeSource time,
            IdSource ids,
            ClientIdentities identities,
            Secrets secrets,
            EventLog events) {
        this.config = config;
        this.streamLog = streamLog;
        this.time = time;
        this.ids = ids;
        this.identities = identities;
        this.secrets = secrets;
        this.refusals = new Refusals(events, time);
        this.meters = new BrokerMeters(meters);
        this.budget = new IngestBudget(config.limits().totalInFlight().bytes());
        meters.gauge(
                "millrace_mqtt_ingest_in_flight_bytes",
                "Bytes on their way into the log",
                budget::bytes);
        meters.gauge(
                "millrace_mqtt_open_connections",
                "Connections that are open",
                this::openConnections);
    }

    /**
     * Listens and lets clients in.
     *
     * @throws MillraceException when a port is taken or the directory cannot be used; nothing runs
     *     then
     */
    public void start() {
        prepare();
        open();
    }

    /** Lets clients in, after {@link #prepare()}. */
    public void open() {
        ActiveMQServer server = requireRunning().server();
        for (Listener listener : config.listeners()) {
            if (server.getRemotingService().getAcceptor(BrokerFactory.acceptor(listener))
                    instanceof MqttAcceptorFactory.MqttAcceptor acceptor) {
                acceptor.open();
            }
            warnIfOpen(listener);
        }
        log.info("MQTT listens on {}", describe());
    }

    private static void warnIfOpen(Listener listener) {
        if (listener.isOpen()) {
            log.warn(
                    "MQTT on {}:{} is not encrypted{}: use it only in a network that you trust",
                    listener.bind(),
                    listener.port(),
                    listener.policy() instanceof Anonymous
                            ? " and lets in everybody who reaches it"
                            : ", passwords included");
        }
    }

    /**
     * Starts everything but lets no client in before {@link #open()}: what they send must find its
     * way into the log. Sinks work from here on.
     *
     * @throws MillraceException when a port is taken or the directory cannot be used; nothing runs
     *     then
     */
    public void prepare() {
        if (!state.compareAndSet(State.NEW, State.STARTING)) {
            throw MillraceException.internal(
                    "this MQTT broker was started already; create a new one", null);
        }
        checkPorts();
        var handlers = new AtomicReference<@Nullable BrokerContext>();
        WatchedServer server =
                new BrokerFactory(config)
                        .create(() -> new ConnectionHandler(present(handlers.get())));
        var router = new MessageRouter(server, time);
        var context = context(server, router);
        handlers.set(context);
        try {
            Files.createDirectories(config.directory());
            server.registerBrokerPlugin(
                    new QueueGuard(
                            server,
                            config.limits(),
                            context.sessions(),
                            meters,
                            context.transientClients(),
                            subscriptionEpoch));
            server.registerBrokerPlugin(context.packetIds());
            server.registerBrokerPlugin(new DeliveryOrder(server));
            server.start();
            running = new Running(server, router, context, ports(server));
            forgetEndedSessions(server, context.packetIds());
        } catch (Exception e) {
            state.set(State.CLOSED);
            running = null;
            stop(server, e);
            throw e instanceof MillraceException known
                    ? known
                    : MillraceException.internal(
                            "the MQTT broker did not start: " + e.getMessage(), e);
        }
        secretsWatch = secrets.watch(this::secretChanged);
        state.set(State.RUNNING);
    }

    /** The port of the listener with client certificates, as bound; -1 when there is none. */
    public int tlsPort() {
        return port(Listener.CERTIFICATES);
    }

    /** The port of the plain listener, as bound; -1 when there is none. */
    public int plainPort() {
        return port(Listener.PLAIN);
    }

    /** The port of a listener, as bound; -1 when there is none of that name. */
    public int port(String listener) {
        return requireRunning().ports().getOrDefault(listener, -1);
    }

    /** Asks again whom each open connection's certificate stands for; call it after revoking. */
    public void recheckIdentities() {
        Running current = running;
        if (current != null) {
            current.context().connections().forEach(ConnectionHandler::checkIdentity);
        }
    }

    @Override
    public boolean supports(DataSourceSpec.Connection connection) {
        return connection instanceof DataSourceSpec.EmbeddedMqtt;
    }

    @Override
    public void start(SourceBinding binding) {
        RouteTable before =
                routes.getAndUpdate(table -> table.has(binding) ? table : table.with(binding));
        recheckAccess(binding.source(), before);
    }

    /** Its users come in with passwords of a secret, which may be missing. */
    @Override
    public SourceState state(ResourceKey source, Runnable changed) {
        watchers.put(source, changed);
        return routes.get()
                .usersOf(source)
                .filter(users -> secrets.find(source.project(), users.secret()).isEmpty())
                .map(users ->
                        new SourceState(
                                false,
                                "SecretMissing",
                                ("project '%s' has no secret '%s', so all users are refused;"
                                                + " millrace secrets set makes it")
                                        .formatted(source.project(), users.secret())))
                .orElse(SourceState.LISTENING);
    }

    @Override
    public void stop(ResourceKey source) {
        watchers.remove(source);
        refusals.forget(source);
        recheckAccess(source, routes.getAndUpdate(table -> table.without(source)));
    }

    /** Users and guests come in anew when it has changed whose topics there are. */
    private void recheckAccess(ResourceKey source, RouteTable before) {
        Running current = running;
        if (current != null && !isSameAccess(source, before, routes.get())) {
            current.context().accessEpoch().incrementAndGet();
            current.context()
                    .connections()
                    .forEach(connection -> connection.accessChanged(source.project()));
        }
    }

    /** A further field of a data source with users closes its topic to guests, too. */
    private static boolean isSameAccess(ResourceKey source, RouteTable before, RouteTable now) {
        return before.usersOf(source).equals(now.usersOf(source))
                && before.of(source.project()).closed().equals(now.of(source.project()).closed());
    }

    @Override
    public Optional<Sink> open(ProjectId project, PipelineSpec.Output output) {
        if (!(output instanceof PipelineSpec.MqttOutput mqtt) || mqtt.broker().isPresent()) {
            return Optional.empty();
        }
        return Optional.of(new LateSink(() -> openSink(project, mqtt)));
    }

    private MqttSink openSink(ProjectId project, PipelineSpec.MqttOutput output) {
        Running current = requireRunning();
        return new MqttSink(
                current.router(),
                new Mount(project),
                output,
                current.server().getExecutorFactory().getExecutor(),
                () -> state.get() == State.RUNNING,
                meters);
    }

    /**
     * Stops reading, waits a bounded time until what was read is in the log and acknowledged, then
     * closes all connections.
     */
    @Override
    public void close() {
        State before = state.getAndSet(State.CLOSED);
        Running current = running;
        if (before != State.RUNNING || current == null) {
            return;
        }
        secretsWatch.close();
        current.server().getRemotingService().pauseAcceptors();
        current.context().connections().forEach(ConnectionHandler::stopReading);
        drain(current.context());
        disconnectAll(current);
        running = null;
        stop(current.server(), null);
        log.info("MQTT stopped");
    }

    private BrokerContext context(ActiveMQServer server, MessageRouter router) {
        return new BrokerContext(
                streamLog,
                time,
                ids,
                config.listeners().stream()
                        .collect(Collectors.toMap(BrokerFactory::acceptor, Function.identity())),
                identities,
                new Logins(routes, secrets),
                new LoginAttempts(time),
                refusals,
                new AtomicLong(),
                new TakeOvers(time, meters.takeOvers),
                new StoredSessions(server),
                config.limits(),
                meters,
                budget,
                routes,
                ConcurrentHashMap.newKeySet(),
                new ConcurrentHashMap<>(),
                new PacketIds(config.directory().resolve("packet-ids"), config.limits()),
                new EchoRouter(
                        router,
                        () -> server.getExecutorFactory().getExecutor(),
                        subscriptionEpoch,
                        meters.echoDropped));
    }

    private void drain(BrokerContext context) {
        long deadline = time.nanoTime() + config.limits().drain().toNanos();
        while (!isDrained(context) && time.nanoTime() - deadline < 0) {
            time.pause(POLL);
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
        }
        if (!isDrained(context)) {
            log.warn(
                    "{} MQTT messages were not in the log when the broker had to stop; their senders"
                            + " were not told otherwise",
                    budget.messages());
        }
    }

    /** Before the journal closes, or ending the sessions fails noisily. */
    private void disconnectAll(Running current) {
        current.context().connections().forEach(ConnectionHandler::shutDown);
        try {
            var clients = MQTTStateManager.getInstance(current.server()).getConnectedClients();
            long deadline = time.nanoTime() + DISCONNECT_DEADLINE.toNanos();
            // Idle once may mean waiting for the journal; that takes far less than a poll.
            int idle = 0;
            while (idle < IDLE_POLLS
                    && time.nanoTime() - deadline < 0
                    && !Thread.currentThread().isInterrupted()) {
                idle = clients.isEmpty() && current.server().isIdle() ? idle + 1 : 0;
                time.pause(POLL);
            }
        } catch (Exception e) {
            log.warn("cannot see which MQTT clients are still connected", e);
        }
    }

    private static boolean isDrained(BrokerContext context) {
        return context.budget().messages() == 0
                && context.connections().stream().allMatch(ConnectionHandler::isIdle);
    }

    private void secretChanged(ProjectId project, ResourceName secret) {
        Running current = running;
        RouteTable table = routes.get();
        List<ResourceKey> sources =
                table.withUsers(project).stream()
                        .filter(source ->
                                table.usersOf(source)
                                        .filter(users -> users.secret().equals(secret))
                                        .isPresent())
                        .toList();
        sources.forEach(source -> watchers.getOrDefault(source, () -> {}).run());
        if (current != null && !sources.isEmpty()) {
            current.context().accessEpoch().incrementAndGet();
            current.context()
                    .connections()
                    .forEach(connection -> connection.secretChanged(project));
        }
    }

    /** What is inside, for tests that make it fail. */
    ActiveMQServer server() {
        return requireRunning().server();
    }

    private double openConnections() {
        Running current = running;
        return current == null ? 0 : current.context().connections().size();
    }

    private Running requireRunning() {
        Running current = running;
        if (current == null) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the MQTT broker is not running");
        }
        return current;
    }

    private static BrokerContext present(@Nullable BrokerContext context) {
        if (context == null) {
            throw MillraceException.internal("a connection before the broker was set up", null);
        }
        return context;
    }

    private void checkPorts() {
        for (Listener listener : config.listeners()) {
            checkFree(listener.bind(), listener.port());
        }
    }

    private Map<String, Integer> ports(ActiveMQServer server) {
        var ports = new HashMap<String, Integer>();
        for (Listener listener : config.listeners()) {
            ports.put(listener.name(), port(server, BrokerFactory.acceptor(listener)));
        }
        return Map.copyOf(ports);
    }

    /** Artemis logs a taken port and starts without it. */
    private static void checkFree(String address, int port) {
        try (var probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(address, port));
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "MQTT cannot listen on "
                            + address
                            + ":"
                            + port
                            + " ("
                            + e.getMessage()
                            + "); stop the program that holds the port, or choose another port",
                    e);
        }
    }

    private static int port(ActiveMQServer server, String acceptor) {
        var found = server.getRemotingService().getAcceptor(acceptor);
        if (found == null || !found.isStarted() || found.getActualPort() <= 0) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "the listener " + acceptor + " of the MQTT broker did not start");
        }
        return found.getActualPort();
    }

    /**
     * Sessions that ended with their connections, but whose end a crash kept from being written.
     */
    private static void forgetEndedSessions(ActiveMQServer server, PacketIds packetIds)
            throws Exception {
        MQTTStateManager sessions = MQTTStateManager.getInstance(server);
        for (MQTTSessionState session : sessions.getSessionStates().values()) {
            if (!session.isAttached() && !hasQueue(server, session)) {
                sessions.removeSessionState(session.getClientId());
            }
        }
        packetIds.retain(sessions.getSessionStates().keySet());
    }

    private static boolean hasQueue(ActiveMQServer server, MQTTSessionState session) {
        return session.getSubscriptions().stream()
                .map(subscription ->
                        MQTTUtil.getCoreQueueFromMqttTopic(
                                subscription.topicFilter(),
                                session.getClientId(),
                                server.getConfiguration().getWildcardConfiguration()))
                .anyMatch(name -> server.locateQueue(name) != null);
    }

    private static void stop(WatchedServer server, @Nullable Exception cause) {
        try {
            server.stop();
        } catch (Exception e) {
            if (cause != null) {
                cause.addSuppressed(e);
            } else {
                log.warn("the MQTT broker did not stop cleanly", e);
            }
        }
    }

    private String describe() {
        return config.listeners().stream()
                .map(listener ->
                        "%s:%d (%s)"
                                .formatted(listener.bind(), port(listener.name()), listener.name()))
                .collect(Collectors.joining(", "));
    }
}
