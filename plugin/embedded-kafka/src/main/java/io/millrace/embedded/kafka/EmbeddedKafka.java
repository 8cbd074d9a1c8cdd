package io.millrace.embedded.kafka;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.net.BindException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import kafka.server.KafkaConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real Kafka broker in this process: construct, start, close; once.
 *
 * <p>A fault that would make Kafka end the JVM is told to the listener instead; the broker is then
 * of no use any more and should be closed. The directory must belong to this process alone: its
 * lock is the owner's business.
 */
public final class EmbeddedKafka implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedKafka.class);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(8);
    private static final int ATTEMPTS = 3;

    private final EmbeddedKafkaConfig config;
    private final Consumer<MillraceException> onFault;
    private final Object lifecycle = new Object();
    private State state = State.NEW;
    private volatile boolean closing;
    private volatile @Nullable Running starting;
    private volatile @Nullable Running running;

    private enum State {
        NEW,
        STARTED,
        CLOSED
    }

    /**
     * @param onFault told at most once after start, on a thread of Kafka, that the broker has died
     */
    public EmbeddedKafka(EmbeddedKafkaConfig config, Consumer<MillraceException> onFault) {
        this.config = config;
        this.onFault = onFault;
    }

    /**
     * Formats the directory when it is new and starts the broker. Returns when clients are served:
     * after about one second, after a crash three to four.
     *
     * @throws MillraceException {@code CONFLICT} when the port is taken, {@code INTERNAL} when the
     *     directory is damaged or Kafka cannot start; nothing runs then
     */
    public void start() {
        synchronized (lifecycle) {
            if (state != State.NEW) {
                throw MillraceException.internal(
                        "this broker was started or closed before: make a new one", null);
            }
            state = State.CLOSED;
            int port = choosePort();
            new BrokerDirectory(config.directory()).prepare();
            running = startOnFreePorts(port);
            state = State.STARTED;
        }
    }

    private int choosePort() {
        config.extra().ifPresent(extra -> Ports.requireFree(extra.bindHost(), extra.port()));
        if (config.port() == 0) {
            return Ports.anyFree();
        }
        Ports.requireFree(config.bindHost(), config.port());
        return config.port();
    }

    /** Another process may take a port between our look at it and Kafka's bind. */
    private Running startOnFreePorts(int first) {
        int port = first;
        for (int attempt = 1; ; attempt++) {
            var next = new Running(config, port, onFault);
            starting = next;
            if (closing) {
                next.giveUp();
            }
            try {
                return next.start();
            } catch (MillraceException e) {
                if (attempt == ATTEMPTS || !isCausedByBind(e)) {
                    throw e;
                }
                port = choosePort();
                LOG.info("The broker did not get its ports; trying others");
            }
        }
    }

    private static boolean isCausedByBind(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException) {
                return true;
            }
        }
        return false;
    }

    /** Where clients connect: {@code host:port}. */
    public String bootstrapServers() {
        return config.advertisedHost() + ":" + requireRunning().port;
    }

    /**
     * Waits until each partition can be written and consumer groups work; on a new directory this
     * is also what creates the topic of their offsets, which the first consumer would wait for
     * otherwise.
     *
     * @throws MillraceException {@code TIMEOUT} when it took longer
     */
    public void awaitReady(Duration timeout) {
        new Readiness(bootstrapServers(), timeout).await();
    }

    private Running requireRunning() {
        Running current = running;
        if (current == null) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "the embedded Kafka does not run (start it first)");
        }
        return current;
    }

    /** Stops the broker, also one that still starts; waits for it, but not for ever. Idempotent. */
    @Override
    public void close() {
        closing = true;
        Running attempt = starting;
        if (attempt != null) {
            attempt.giveUp();
        }
        synchronized (lifecycle) {
            state = State.CLOSED;
            Running current = running;
            running = null;
            if (current != null) {
                current.stop();
            }
        }
    }

    /** One started server. Start and stop run on threads of their own: Kafka may hang in either. */
    private static final class Running {

        private final int port;
        private final Properties settings;
        private final CompletableFuture<Void> fault = new CompletableFuture<>();
        private final Consumer<String> faultListener = this::faultMet;
        private final Consumer<MillraceException> onFault;
        private volatile boolean up;
        private boolean stopped;
        private @Nullable KafkaNode server;

        Running(EmbeddedKafkaConfig config, int port, Consumer<MillraceException> onFault) {
            this.port = port;
            this.onFault = onFault;
            this.settings = BrokerSettings.of(config, port, Ports.anyFree());
        }

        Running start() {
            FatalFaults.addListener(faultListener);
            CompletableFuture<Void> started = inThread("kafka-start", this::startServer);
            try {
                CompletableFuture.anyOf(started, fault).join();
                up = true;
                return this;
            } catch (CompletionException e) {
                stop();
                Throwable cause = e.getCause() == null ? e : e.getCause();
                throw MillraceException.internal(
                        "the embedded Kafka cannot start: " + deepest(cause), cause);
            }
        }

        private void startServer() {
            var created = new KafkaNode(new KafkaConfig(settings, false));
            synchronized (this) {
                if (stopped) {
                    return;
                }
                server = created;
            }
            created.start();
        }

        private synchronized @Nullable KafkaNode takeServer() {
            KafkaNode current = server;
            server = null;
            stopped = true;
            return current;
        }

        /** Has a start under way fail; harmless later. */
        void giveUp() {
            if (!up) {
                fault.completeExceptionally(
                        new MillraceException(
                                ErrorCode.UNAVAILABLE, "it was closed while it started"));
            }
        }

        void stop() {
            up = false;
            KafkaNode current = takeServer();
            try {
                if (current != null) {
                    inThread("kafka-stop", current::stop)
                            .get(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                }
            } catch (TimeoutException e) {
                LOG.warn("The embedded Kafka did not stop within {}", STOP_PATIENCE);
            } catch (ExecutionException e) {
                LOG.warn("The embedded Kafka did not stop cleanly", e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                FatalFaults.removeListener(faultListener);
            }
        }

        private void faultMet(String reason) {
            MillraceException failure =
                    MillraceException.internal("the embedded Kafka has died: " + reason, null);
            boolean first = fault.completeExceptionally(failure);
            if (first && up) {
                LOG.error("The embedded Kafka has died: {}", reason);
                onFault.accept(failure);
            }
        }

        private static CompletableFuture<Void> inThread(String name, Runnable work) {
            var done = new CompletableFuture<Void>();
            Thread.ofPlatform()
                    .name(name)
                    .daemon()
                    .start(() -> {
                        try {
                            work.run();
                            done.complete(null);
                        } catch (Throwable e) {
                            done.completeExceptionally(e);
                        }
                    });
            return done;
        }

        private static String deepest(Throwable failure) {
            Throwable cause = failure;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            return cause.getMessage() == null ? cause.toString() : cause.getMessage();
        }
    }
}
