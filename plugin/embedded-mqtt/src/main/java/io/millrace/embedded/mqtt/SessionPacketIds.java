package io.millrace.embedded.mqtt;

import java.util.concurrent.ConcurrentHashMap;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTSessionState.OutboundStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The packet ids of one session that outlives its connections. */
final class SessionPacketIds {

    private static final Logger log = LoggerFactory.getLogger(SessionPacketIds.class);

    /** Stand for no consumer, so that no message of Artemis is meant. */
    private static final int TAKEN = -1;

    private static final int BALANCE = -2;

    private final OpenPacketIds open;
    private final ConcurrentHashMap<Long, Integer> toResend = new ConcurrentHashMap<>();
    private volatile @Nullable OutboundStore store;
    private boolean warned;

    SessionPacketIds(OpenPacketIds open) {
        this.open = open;
    }

    /** Nothing is delivered meanwhile. */
    void connected(boolean isNew, OutboundStore current) {
        store = current;
        toResend.clear();
        if (isNew) {
            open.clear();
            return;
        }
        open.forEach((packetId, message) -> {
            toResend.put(message, packetId);
            // What Artemis knows of it names a consumer of the last connection.
            current.publishAckd(packetId);
            // Keeps the id from being given to another message.
            current.publish(packetId, packetId, TAKEN);
            current.publish(-packetId, packetId, BALANCE);
        });
        current.resetSendQuota();
    }

    /** Whether the client may have this message, and Artemis now knows its id. */
    boolean tryResend(long message, long messageId, long consumerId) {
        if (toResend.isEmpty()) {
            return false;
        }
        Integer packetId = toResend.remove(message);
        OutboundStore current = store;
        if (packetId == null || current == null) {
            return false;
        }
        current.publish(packetId, messageId, consumerId);
        // Artemis will count it once more when it sends it.
        current.publishAckd(-packetId);
        return true;
    }

    /** To be called before a QoS 1 or 2 message goes out. */
    void sending(int packetId, long message) {
        if (!open.add(packetId, message) && !warned) {
            warned = true;
            log.warn("an MQTT client leaves so much unacknowledged that not all of it is kept");
        }
    }

    /** To be called before Artemis hears that the client is done with it. */
    void done(int packetId) {
        open.remove(packetId);
    }
}
