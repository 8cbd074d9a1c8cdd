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
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.LargeServerMessage;
import org.apache.activemq.artemis.core.server.MessageReference;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.RouteContextList;
import org.apache.activemq.artemis.core.server.RoutingContext;
import org.apache.activemq.artemis.core.server.ServerConsumer;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerBindingPlugin;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerMessagePlugin;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerQueuePlugin;
import org.apache.activemq.artemis.core.transaction.Transaction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Our rules for subscribers' queues: a full one takes no more and the message is counted as dropped
 * for it, while other subscribers get it; and the queue of a session that ends with its connection
 * is kept out of the journal.
 */
final class QueueGuard
        implements ActiveMQServerQueuePlugin,
                ActiveMQServerBindingPlugin,
                ActiveMQServerMessagePlugin {

    private static final Logger log = LoggerFactory.getLogger(QueueGuard.class);

    private final MqttLimits limits;
    private final BrokerMeters meters;
    private final ConcurrentHashMap<String, ConnectionHandler> transientClients;
    private final AtomicLong epoch;
    private final ActiveMQServer server;
    private final ConcurrentHashMap<SimpleString, Boolean> full = new ConcurrentHashMap<>();

    QueueGuard(
            ActiveMQServer server,
            MqttLimits limits,
            BrokerMeters meters,
            ConcurrentHashMap<String, ConnectionHandler> transientClients,
            AtomicLong epoch) {
        this.server = server;
        this.limits = limits;
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
    }

    @Override
    public void beforeMessageRoute(
            Message message, RoutingContext context, boolean direct, boolean rejectDuplicates) {
        int dropped = 0;
        for (Iterator<RouteContextList> lists = context.getContexListing().values().iterator();
                lists.hasNext(); ) {
            RouteContextList list = lists.next();
            dropped += trim(list.getDurableQueues()) + trim(list.getNonDurableQueues());
            if (list.getDurableQueues().isEmpty() && list.getNonDurableQueues().isEmpty()) {
                lists.remove();
            }
        }
        if (dropped > 0) {
            context.setReusable(false);
            meters.droppedForSubscriber.add(dropped);
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

    private int trim(List<Queue> queues) {
        int dropped = 0;
        for (int i = queues.size() - 1; i >= 0; i--) {
            Queue queue = queues.get(i);
            if (!queue.isInternalQueue() && isFull(queue)) {
                queues.remove(i);
                dropped++;
            }
        }
        return dropped;
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
