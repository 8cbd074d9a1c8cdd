package io.millrace.embedded.mqtt;

import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTUtil;
import org.apache.activemq.artemis.core.server.BindingQueryResult;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.impl.ActiveMQServerImpl;

/**
 * Artemis, with a way to see whether its threads still have something to do, and with retained
 * messages that are there as soon as their sender has the answer.
 */
final class WatchedServer extends ActiveMQServerImpl {

    private static final SimpleString RETAINED =
            SimpleString.of(MQTTUtil.MQTT_RETAIN_ADDRESS_PREFIX);

    private static final long NO_MESSAGE = -1;

    WatchedServer(Configuration configuration) {
        super(configuration);
    }

    /** Whether nothing runs or waits at this moment, deliveries and paging included. */
    boolean isIdle() {
        return isIdle(getThreadPool()) && isIdle(pageExecutorPool);
    }

    /**
     * Which queues there are for an address; for that of retained messages, with what they hold
     * where a subscriber looks for it. A message that was added waits in front of its queue until a
     * thread has time for it, while the look at it for a new subscriber sees the queue alone:
     * without this, one in some hundreds who subscribe right after the answer to the sender finds
     * none.
     */
    @Override
    public BindingQueryResult bindingQuery(SimpleString address, boolean newFqqn) throws Exception {
        BindingQueryResult result = super.bindingQuery(address, newFqqn);
        if (address.startsWith(RETAINED)) {
            for (SimpleString name : result.getQueueNames()) {
                Queue queue = locateQueue(name);
                if (queue != null) {
                    // Any operation on the whole queue takes in first what waits in front of it.
                    queue.deleteReference(NO_MESSAGE);
                }
            }
        }
        return result;
    }

    private static boolean isIdle(Executor executor) {
        return !(executor instanceof ThreadPoolExecutor pool)
                || (pool.getActiveCount() == 0 && pool.getQueue().isEmpty());
    }
}
