package io.millrace.embedded.mqtt;

import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.server.impl.ActiveMQServerImpl;

/** Artemis, with a way to see whether its threads still have something to do. */
final class WatchedServer extends ActiveMQServerImpl {

    WatchedServer(Configuration configuration) {
        super(configuration);
    }

    /** Whether nothing runs or waits at this moment, deliveries and paging included. */
    boolean isIdle() {
        return isIdle(getThreadPool()) && isIdle(pageExecutorPool);
    }

    private static boolean isIdle(Executor executor) {
        return !(executor instanceof ThreadPoolExecutor pool)
                || (pool.getActiveCount() == 0 && pool.getQueue().isEmpty());
    }
}
