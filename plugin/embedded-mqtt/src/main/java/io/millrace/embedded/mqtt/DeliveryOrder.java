package io.millrace.embedded.mqtt;

import java.util.concurrent.Executor;
import org.apache.activemq.artemis.core.persistence.OperationContext;
import org.apache.activemq.artemis.core.persistence.StorageManager;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.MessageReference;
import org.apache.activemq.artemis.core.server.ServerConsumer;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerMessagePlugin;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the order of a queue on the way to its subscriber.
 *
 * <p>Artemis writes a PUBLISH to the socket when all that <em>the delivering thread</em> has under
 * way in the journal is done, though none of it concerns that message, which is in the journal
 * already. A queue is delivered by different threads in turn: one that has nothing under way
 * overtakes one that has. So each delivery gets a context of its own, with nothing to wait for.
 */
final class DeliveryOrder implements ActiveMQServerMessagePlugin {

    private static final ThreadLocal<@Nullable OperationContext> BEFORE = new ThreadLocal<>();

    private final ActiveMQServer server;
    private final Executor completions;

    DeliveryOrder(ActiveMQServer server) {
        this.server = server;
        // Never used: without anything under way all is done at once.
        this.completions = Runnable::run;
    }

    @Override
    public void beforeDeliver(ServerConsumer consumer, MessageReference reference) {
        StorageManager storage = server.getStorageManager();
        BEFORE.set(storage.getContext());
        storage.setContext(storage.newContext(completions));
    }

    @Override
    public void afterDeliver(ServerConsumer consumer, MessageReference reference) {
        server.getStorageManager().setContext(BEFORE.get());
        BEFORE.remove();
    }
}
