package io.millrace.connector.mqtt;

import io.millrace.api.MillraceException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * One connection to a broker, of MQTT 5 or 3.1.1: opened once, closed once, never opened again.
 * What comes in is handed over on a thread of the client library, which must not be blocked.
 */
interface MqttSession {

    /** Asked of a subscription that the broker refused. */
    int REFUSED = -1;

    /**
     * Connects and waits for the broker's answer.
     *
     * @return whether the broker had kept our session
     * @throws io.millrace.api.MillraceException {@code UNSUPPORTED} when the broker seems not to
     *     speak this version, else as {@link BrokerFailure} says
     */
    boolean open();

    /**
     * Completes with the cause when an open connection ends, whoever ended it. Who finds that a
     * connection is of no use any more completes it, too, to have it made anew.
     */
    CompletableFuture<MillraceException> ended();

    /**
     * Subscribes and waits for the answer.
     *
     * @return the quality that the broker grants for each filter, or {@link #REFUSED}
     */
    int[] subscribe(List<String> filters, int qos);

    /** Ends subscriptions and waits for the answer. */
    void unsubscribe(List<String> filters);

    /** Sends; completes when the broker has taken it, for QoS 0 when it is on its way. */
    CompletionStage<?> publish(Outgoing message);

    /**
     * Disconnects, if that is still needed, and waits for it a short time. Never throws.
     *
     * @param forget whether the broker shall forget the session, where the version can say so
     */
    void close(boolean forget);

    /** For people, such as {@code MQTT 5}. */
    String version();
}
