package io.millrace.embedded.mqtt;

import io.millrace.embedded.mqtt.RouteTable.Route;
import io.millrace.spi.Meters.Count;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives subscribers of a data source topic their copy of what went into the log: a plain MQTT
 * loopback. Nothing is made or routed while nobody subscribed.
 */
final class EchoRouter {

    private static final Logger log = LoggerFactory.getLogger(EchoRouter.class);

    /** Copies of one connection that wait to be routed; more are dropped and counted. */
    private static final int MAX_WAITING = 2_000;

    private final MessageRouter router;
    private final Supplier<Executor> executors;
    private final Count dropped;

    /** Goes up with each subscription that comes or goes. */
    private final AtomicLong epoch;

    EchoRouter(
            MessageRouter router, Supplier<Executor> executors, AtomicLong epoch, Count dropped) {
        this.router = router;
        this.executors = executors;
        this.epoch = epoch;
        this.dropped = dropped;
    }

    Lane lane(Client client) {
        return new Lane(client);
    }

    /** What was last known of the subscribers of one topic. */
    static final class Known {

        private final SimpleString topic;

        /** The epoch, and whether there were any; one object, so that both belong together. */
        private volatile @Nullable Answer answer;

        private record Answer(long epoch, boolean subscribed) {}

        Known(String brokerTopic) {
            this.topic = SimpleString.of(brokerTopic);
        }
    }

    /** The copies of one connection, in order. Offered from its event loop only. */
    final class Lane {

        private final Client client;
        private final SimpleString sender;
        private final AtomicInteger waiting = new AtomicInteger();
        private @Nullable Executor executor;

        private Lane(Client client) {
            this.client = client;
            this.sender = SimpleString.of(client.sessionId());
        }

        void offer(Route route, String topic, byte[] value, int qos) {
            try {
                Known known = route.echo();
                if (known != null) {
                    if (hasSubscribers(known)) {
                        enqueue(known.topic, value, qos);
                    }
                } else {
                    var brokerTopic = SimpleString.of(client.mount().topicIn(topic));
                    if (router.hasSubscribers(brokerTopic)) {
                        enqueue(brokerTopic, value, qos);
                    }
                }
            } catch (Exception e) {
                drop(e);
            }
        }

        private void enqueue(SimpleString topic, byte[] value, int qos) {
            if (waiting.incrementAndGet() > MAX_WAITING) {
                waiting.decrementAndGet();
                dropped.increment();
                return;
            }
            Executor current = executor;
            if (current == null) {
                current = executors.get();
                executor = current;
            }
            current.execute(() -> route(topic, value, qos));
        }

        private void route(SimpleString topic, byte[] value, int qos) {
            try {
                router.route(topic, value, qos, sender);
            } catch (Exception e) {
                drop(e);
            } finally {
                waiting.decrementAndGet();
            }
        }

        private void drop(Exception cause) {
            dropped.increment();
            log.debug("no copy for subscribers of a data source topic", cause);
        }
    }

    private boolean hasSubscribers(Known known) throws Exception {
        long now = epoch.get();
        Known.Answer answer = known.answer;
        if (answer == null || answer.epoch() != now) {
            answer = new Known.Answer(now, router.hasSubscribers(known.topic));
            known.answer = answer;
        }
        return answer.subscribed();
    }
}
