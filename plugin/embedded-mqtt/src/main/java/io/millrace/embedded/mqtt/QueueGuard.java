package io.millrace.embedded.mqtt;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.paging.PagingStore;
import org.apache.activemq.artemis.core.postoffice.Binding;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTUtil;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.LargeServerMessage;
import org.apache.activemq.artemis.core.server.MessageReference;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.RouteContextList;
import org.apache.activemq.artemis.core.server.RoutingContext;
import org.apache.activemq.artemis.core.server.ServerConsumer;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerBindingPlugin;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerConsumerPlugin;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerMessagePlugin;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerQueuePlugin;
import org.apache.activemq.artemis.core.transaction.Transaction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Our rules for subscribers' queues: a full one takes no more and the message is counted as dropped
 * for it, while other subscribers get it; for a subscriber who is away, nothing waits at QoS 0; and
 * the queue of a session that ends with its connection is kept out of the journal.
 */
final class QueueGuard
        implements ActiveMQServerQueuePlugin,
                ActiveMQServerBindingPlugin,
                ActiveMQServerConsumerPlugin,
                ActiveMQServerMessagePlugin {

    private static final Logger log = LoggerFactory.getLogger(QueueGuard.class);

    private static final SimpleString INTERNAL = SimpleString.of("$sys.mqtt.");

    private final MqttLimits limits;
    private final StoredSessions sessions;
    private final BrokerMeters meters;
    private final ConcurrentHashMap<String, ConnectionHandler> transientClients;
    private final AtomicLong epoch;
    private final ActiveMQServer server;
    private final ConcurrentHashMap<SimpleString, Boolean> full = new ConcurrentHashMap<>();

    QueueGuard(
            ActiveMQServer server,
            MqttLimits limits,
            StoredSessions sessions,
            BrokerMeters meters,
            ConcurrentHashMap<String, ConnectionHandler> transientClients,
            AtomicLong epoch) {
        this.server = server;
        this.limits = limits;
        this.sessions = sessions;
        this.meters = meters;
        this.transientClients = transientClients;
        this.epoch = epoch;
    }

    /** Artemis makes every queue of an MQTT 5 client durable, even if its session is not. */
    @Override
    public void beforeCreateQueue(QueueConfiguration queue) {
        String name = queue.getName().toString();
        String end = "." + queue.getAddress();
        if (name.endsWith(end)
                && transientClients.containsKey(name.substring(0, name.length() - end.length()))) {
            queue.setDurable(false);
        }
    }

    @Override
    public void afterAddBinding(Binding binding) {
        epoch.incrementAndGet();
    }

    @Override
    public void afterRemoveBinding(Binding binding, Transaction tx, boolean deleteData) {
        epoch.incrementAndGet();
        full.remove(binding.getUniqueName());
        sessions.forget(binding.getUniqueName());
    }

    @Override
    public void afterCreateConsumer(ServerConsumer consumer) {
        sessions.forget(consumer.getQueueName());
    }

    /**
     * What comes from now on is for a subscriber who is away, perhaps at another QoS than before.
     */
    @Override
    public void afterCloseConsumer(ServerConsumer consumer, boolean failed) {
        sessions.forget(consumer.getQueueName());
    }

    @Override
    public void beforeMessageRoute(
            Message message, RoutingContext context, boolean direct, boolean rejectDuplicates) {
        int dropped = 0;
        for (Iterator<RouteContextList> lists = context.getContexListing().values().iterator();
                lists.hasNext(); ) {
            RouteContextList list = lists.next();
            dropped +=
                    trim(list.getDurableQueues(), message)
                            + trim(list.getNonDurableQueues(), message);
            if (list.getDurableQueues().isEmpty() && list.getNonDurableQueues().isEmpty()) {
                lists.remove();
            }
        }
        if (dropped > 0) {
            context.setReusable(false);
            if (context.getContexListing().isEmpty()) {
                forget(message);
            }
        }
    }

    @Override
    public void messageExpired(
            MessageReference message, SimpleString expiryAddress, ServerConsumer consumer) {
        meters.expired.increment();
    }

    private int trim(List<Queue> queues, Message message) {
        int dropped = 0;
        for (int i = queues.size() - 1; i >= 0; i--) {
            Queue queue = queues.get(i);
            if (queue.isInternalQueue()) {
                continue;
            }
            if (isNotWaitedFor(queue, message)) {
                meters.offlineDropped.increment();
            } else if (isFull(queue)) {
                meters.droppedForSubscriber.increment();
            } else {
                continue;
            }
            queues.remove(i);
            dropped++;
        }
        return dropped;
    }

    /** Whether its subscriber is away and would get it at QoS 0, so that nothing is promised. */
    private boolean isNotWaitedFor(Queue queue, Message message) {
        if (queue.getConsumerCount() > 0
                || !message.containsProperty(MQTTUtil.MQTT_QOS_LEVEL_KEY)
                || queue.getName().startsWith(INTERNAL)) {
            return false;
        }
        Integer qos = message.getIntProperty(MQTTUtil.MQTT_QOS_LEVEL_KEY);
        return (qos != null && qos == 0) || sessions.subscribedAtQosZero(queue);
    }

    private boolean isFull(Queue queue) {
        boolean isFull =
                queue.getMessageCount() >= limits.queuedMessages()
                        || bytesOnDisk(queue) >= limits.queuedOnDisk().bytes();
        if (isFull && full.putIfAbsent(queue.getName(), Boolean.TRUE) == null) {
            log.warn(
                    "{} messages wait for subscriber {}; what comes now is dropped for it and"
                            + " counted",
                    queue.getMessageCount(),
                    queue.getName());
        } else if (!isFull && !full.isEmpty()) {
            full.remove(queue.getName());
        }
        return isFull;
    }

    private static long bytesOnDisk(Queue queue) {
        PagingStore store = queue.getPagingStore();
        return store == null ? 0 : store.getNumberOfPages() * store.getPageSizeBytes();
    }

    private void forget(Message message) {
        if (message instanceof LargeServerMessage large) {
            try {
                large.deleteFile();
            } catch (Exception e) {
                log.warn(
                        "a dropped message stays in {}",
                        server.getConfiguration().getLargeMessagesDirectory(),
                        e);
            }
        }
    }
}
