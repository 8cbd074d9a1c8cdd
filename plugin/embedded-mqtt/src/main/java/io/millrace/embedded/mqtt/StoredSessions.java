package io.millrace.embedded.mqtt;

import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTSessionState;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTStateManager;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTUtil;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.Queue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What Artemis keeps of clients between their connections. Safe from any thread. */
final class StoredSessions {

    private static final Logger log = LoggerFactory.getLogger(StoredSessions.class);

    private final ActiveMQServer server;

    /** Of queues without a consumer: whether their subscription is at QoS 0. */
    private final ConcurrentHashMap<SimpleString, Boolean> atQosZero = new ConcurrentHashMap<>();

    StoredSessions(ActiveMQServer server) {
        this.server = server;
    }

    /** Whether a queue belongs to one client that subscribed at QoS 0. */
    boolean subscribedAtQosZero(Queue queue) {
        Boolean known = atQosZero.get(queue.getName());
        if (known == null) {
            known = isAtQosZero(queue);
            atQosZero.put(queue.getName(), known);
        }
        return known;
    }

    /** The answer may be another one from now on. */
    void forget(SimpleString queue) {
        if (!atQosZero.isEmpty()) {
            atQosZero.remove(queue);
        }
    }

    private boolean isAtQosZero(Queue queue) {
        String name = queue.getName().toString();
        String filter = queue.getAddress().toString();
        if (!name.endsWith("." + filter)) {
            return false;
        }
        MQTTSessionState session = session(name.substring(0, name.length() - filter.length() - 1));
        MqttTopicSubscription subscription =
                session == null ? null : session.getSubscription(filter);
        return subscription != null && subscription.qualityOfService().value() == 0;
    }

    /** Ends subscriptions that the client may not have any more, before it comes back. */
    void restrict(Client client) {
        if (client.access() instanceof Access.Everything) {
            return;
        }
        MQTTSessionState session = session(client.sessionId());
        if (session == null) {
            return;
        }
        for (MqttTopicSubscription subscription : session.getSubscriptions()) {
            String filter = client.mount().filterOut(subscription.topicFilter());
            if (!client.access().mayRead(Mount.plainFilter(filter))) {
                end(session, subscription.topicFilter());
                log.info("MQTT client {} may no longer read '{}'", client, LogText.of(filter));
            }
        }
    }

    private void end(MQTTSessionState session, String filter) {
        try {
            session.removeSubscription(filter);
            String queue =
                    MQTTUtil.getCoreQueueFromMqttTopic(
                            filter,
                            session.getClientId(),
                            server.getConfiguration().getWildcardConfiguration());
            // A shared one belongs to others too.
            if (!MQTTUtil.isSharedSubscription(filter) && server.locateQueue(queue) != null) {
                server.destroyQueue(SimpleString.of(queue), null, false);
            }
        } catch (Exception e) {
            throw new IllegalStateException("cannot end an MQTT subscription", e);
        }
    }

    private @Nullable MQTTSessionState session(String id) {
        try {
            return MQTTStateManager.getInstance(server).getSessionStates().get(id);
        } catch (Exception e) {
            throw new IllegalStateException("cannot read the MQTT sessions", e);
        }
    }
}
