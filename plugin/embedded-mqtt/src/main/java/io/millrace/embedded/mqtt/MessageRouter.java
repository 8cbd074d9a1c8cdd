package io.millrace.embedded.mqtt;

import io.millrace.api.TimeSource;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.message.impl.CoreMessage;
import org.apache.activemq.artemis.core.persistence.StorageManager;
import org.apache.activemq.artemis.core.persistence.impl.journal.LargeServerMessageImpl;
import org.apache.activemq.artemis.core.postoffice.Bindings;
import org.apache.activemq.artemis.core.postoffice.RoutingStatus;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTUtil;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.impl.RoutingContextImpl;
import org.apache.activemq.artemis.reader.MessageUtil;

/** Sends messages from inside the process to subscribers. Safe from any thread. */
final class MessageRouter {

    private static final int HEADROOM = 256;

    private final ActiveMQServer server;
    private final TimeSource time;

    MessageRouter(ActiveMQServer server, TimeSource time) {
        this.server = server;
        this.time = time;
    }

    StorageManager storage() {
        return server.getStorageManager();
    }

    /** Whether a message to this topic would reach a queue, wildcards included. */
    boolean hasSubscribers(SimpleString topic) throws Exception {
        Bindings bindings =
                server.getPostOffice().getAddressManager().getBindingsForRoutingAddress(topic);
        return bindings != null && !bindings.getBindings().isEmpty();
    }

    /**
     * Routes one message from a client.
     *
     * @param sender the broker's id of the client it came from, for subscriptions that want no
     *     messages of their own
     * @return whether it reached anybody
     */
    boolean route(SimpleString topic, byte[] payload, int qos, SimpleString sender)
            throws Exception {
        return send(message(topic, payload, qos, false, sender));
    }

    /**
     * Makes a message. It is always marked durable, or Artemis ignores the client's Receive
     * Maximum; only queues of sessions that outlive their connection write it to the journal.
     */
    CoreMessage message(
            SimpleString topic, byte[] payload, int qos, boolean isRetained, SimpleString sender) {
        var message = new CoreMessage(storage().generateID(), payload.length + HEADROOM);
        message.setAddress(topic);
        message.setRoutingType(RoutingType.MULTICAST);
        message.setDurable(true);
        message.setType(Message.BYTES_TYPE);
        message.setTimestamp(time.epochMillis());
        message.putBooleanProperty(MQTTUtil.MQTT_MESSAGE_RETAIN_KEY, isRetained);
        message.putIntProperty(MQTTUtil.MQTT_QOS_LEVEL_KEY, qos);
        message.putStringProperty(MessageUtil.CONNECTION_ID_PROPERTY_NAME, sender);
        message.getBodyBuffer().writeBytes(payload);
        return message;
    }

    /** Whether it reached anybody. */
    boolean send(CoreMessage message) throws Exception {
        RoutingStatus status =
                server.getPostOffice()
                        .route(
                                LargeServerMessageImpl.checkLargeMessage(message, storage()),
                                new RoutingContextImpl(null),
                                false);
        return status == RoutingStatus.OK;
    }

    /** Keeps a message for those who subscribe later; an empty one ends that. */
    void retain(String topic, CoreMessage message) throws Exception {
        String name =
                MQTTUtil.getCoreRetainAddressFromMqttTopic(
                        topic, server.getConfiguration().getWildcardConfiguration());
        Queue queue = server.locateQueue(name);
        if (queue == null) {
            queue = server.createQueue(QueueConfiguration.of(name).setAutoCreated(true), true);
        }
        queue.deleteAllReferences();
        if (message.getBodyBufferSize() > 0) {
            Message kept =
                    LargeServerMessageImpl.checkLargeMessage(message, storage())
                            .copy(storage().generateID());
            var context = new RoutingContextImpl(null);
            queue.route(kept, context);
            server.getPostOffice().processRoute(kept, context, false);
        }
    }
}
