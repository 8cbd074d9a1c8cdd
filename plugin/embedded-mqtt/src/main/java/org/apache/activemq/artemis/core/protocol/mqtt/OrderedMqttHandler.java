package org.apache.activemq.artemis.core.protocol.mqtt;

import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageType;
import org.apache.activemq.artemis.core.persistence.OperationContext;
import org.apache.activemq.artemis.core.persistence.StorageManager;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.spi.core.protocol.ConnectionEntry;
import org.jspecify.annotations.Nullable;

/**
 * Artemis' handler of a client's packets, with the order of what the client publishes.
 *
 * <p>Packets of one client are handled one after the other, but by different threads in turn, and a
 * message goes to its queues when all that <em>the thread</em> has under way in the journal is
 * done. A thread that has nothing under way lets a message overtake one that came before it. So
 * each packet is handled in the context of its client's session, whatever thread has it.
 */
final class OrderedMqttHandler extends MQTTProtocolHandler {

    private final ActiveMQServer server;
    private @Nullable OperationContext session;
    private GuardedMqttProtocol.@Nullable Guard guard;

    OrderedMqttHandler(ActiveMQServer server, MQTTProtocolManager protocolManager) {
        super(server, protocolManager);
        this.server = server;
    }

    /** Makes the session, and its context that of this thread. Before the first packet. */
    @Override
    void setConnection(MQTTConnection connection, ConnectionEntry entry) throws Exception {
        super.setConnection(connection, entry);
        session = server.getStorageManager().getContext();
        guard = GuardedMqttProtocol.guard(connection.getTransportConnection());
    }

    @Override
    public void act(MqttMessage message) {
        // Its packet may be released when it has been handled.
        boolean connects = message.fixedHeader().messageType() == MqttMessageType.CONNECT;
        StorageManager storage = server.getStorageManager();
        OperationContext before = storage.getContext();
        storage.setContext(session);
        try {
            super.act(message);
        } finally {
            storage.setContext(before);
            if (connects && guard != null) {
                guard.established();
            }
        }
    }
}
