package io.millrace.embedded.mqtt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTSessionState.OutboundStore;
import org.apache.activemq.artemis.core.server.MessageReference;
import org.apache.activemq.artemis.core.server.ServerConsumer;
import org.apache.activemq.artemis.core.server.impl.ServerConsumerImpl;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerMessagePlugin;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a message again under the packet id under which the client knows it, as the standard wants.
 *
 * <p>Artemis gives it a new id when the client connects again, and begins at 1 after a restart. A
 * client that kept its session may then take a new message for one that it had, acknowledge it and
 * drop it.
 *
 * <pre>
 *  beforeDeliver ── sending ──▶ PUBLISH ──▶ client ──▶ PUBACK, PUBCOMP ── remove ──▶ Artemis
 *   which message    writes it down                     forgets it
 * </pre>
 */
final class PacketIds implements ActiveMQServerMessagePlugin {

    private static final Logger log = LoggerFactory.getLogger(PacketIds.class);

    /** Each session holds one mapped file, and an operating system allows about four times this. */
    private static final int MAX_SESSIONS = 16_384;

    private static final int MAX_CAPACITY = 65_536;

    private final Path directory;
    private final int capacity;
    private final ConcurrentHashMap<String, SessionPacketIds> sessions = new ConcurrentHashMap<>();

    /** The message that this thread is about to deliver: Artemis does both on one thread. */
    private final ThreadLocal<long[]> delivering = ThreadLocal.withInitial(() -> new long[1]);

    PacketIds(Path directory, MqttLimits limits) {
        this.directory = directory;
        // Twice what can be under way, for ids whose message is gone: they stay with the client.
        this.capacity =
                Math.min(
                        MAX_CAPACITY,
                        Integer.highestOneBit(Math.max(4, limits.unacknowledged())) * 4);
    }

    /** Forgets sessions that are no more. */
    void retain(Collection<String> sessionIds) throws IOException {
        Files.createDirectories(directory);
        Set<String> names = sessionIds.stream().map(PacketIds::name).collect(Collectors.toSet());
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                if (!names.contains(file.getFileName().toString())) {
                    Files.delete(file);
                }
            }
        }
    }

    /**
     * The session is connected and nothing has been sent to it yet.
     *
     * @param isNew whether the client has been told to forget what it knew
     * @return null when its packet ids will not be known after a restart
     */
    @Nullable SessionPacketIds connected(String sessionId, boolean isNew, OutboundStore store) {
        try {
            SessionPacketIds session = sessions.get(sessionId);
            if (session == null) {
                if (sessions.size() >= MAX_SESSIONS) {
                    log.warn(
                            "more than {} persistent MQTT sessions: those beyond may miss messages"
                                    + " after a restart",
                            MAX_SESSIONS);
                    return null;
                }
                session = new SessionPacketIds(OpenPacketIds.open(file(sessionId), capacity));
                sessions.put(sessionId, session);
            }
            session.connected(isNew, store);
            return session;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot keep the packet ids of an MQTT session", e);
        }
    }

    /** The session ends with its connection. */
    void forget(String sessionId) {
        sessions.remove(sessionId);
        try {
            Files.deleteIfExists(file(sessionId));
        } catch (IOException e) {
            log.warn("the packet ids of an ended MQTT session stay in {}", directory, e);
        }
    }

    @Override
    public void beforeDeliver(ServerConsumer consumer, MessageReference reference) {
        long queue = consumer.getQueue().getID();
        long message = mix(reference.getMessageID(), queue);
        delivering.get()[0] = message;
        if (sessions.isEmpty() || !(consumer instanceof ServerConsumerImpl known)) {
            return;
        }
        String sessionId = known.getConnectionClientID();
        SessionPacketIds session = sessionId == null ? null : sessions.get(sessionId);
        if (session != null
                && session.tryResend(message, reference.getMessageID(), consumer.getID())
                && reference.getDeliveryCount() < 2) {
            // Or it would go out without DUP.
            reference.setDeliveryCount(2);
        }
    }

    /** What {@link #beforeDeliver} saw last on this thread. */
    long delivering() {
        return delivering.get()[0];
    }

    private Path file(String sessionId) {
        return directory.resolve(name(sessionId));
    }

    private static String name(String sessionId) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(sessionId.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /**
     * A message may wait in several queues of a session. Never 0 in practice, and harmless then.
     */
    private static long mix(long messageId, long queueId) {
        return messageId * 0x9e3779b97f4a7c15L ^ Long.rotateLeft(queueId * 0xc2b2ae3d27d4eb4fL, 31);
    }
}
