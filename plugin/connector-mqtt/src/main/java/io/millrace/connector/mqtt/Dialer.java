package io.millrace.connector.mqtt;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.MqttConnection;
import io.millrace.api.ProjectId;
import io.millrace.spi.Secrets;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes connections to one broker: with MQTT 5, and with 3.1.1 where the broker refuses that or
 * closes without a word, as old ones do. Each connection asks again, so that a broker that was
 * renewed is used with all it can. The secret is read each time as well.
 */
final class Dialer {
    private static final Logger log = LoggerFactory.getLogger(Dialer.class);

    private final ProjectId project;
    private final MqttConnection connection;
    private volatile SessionSpec spec;
    private final Secrets secrets;

    Dialer(ProjectId project, MqttConnection connection, SessionSpec spec, Secrets secrets) {
        this.project = project;
        this.connection = connection;
        this.spec = spec;
        this.secrets = secrets;
    }

    /** Connects; what comes in goes to the consumer, which must not block. */
    MqttSession open(Consumer<Incoming> incoming) {
        BrokerLogin login = BrokerLogin.of(project, connection, secrets);
        try {
            MqttSession session = opened(new Mqtt5Session(login, spec, incoming));
            var _ = session.ended().thenAccept(this::learn);
            return session;
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.UNSUPPORTED) {
                throw e;
            }
            log.debug("{}: {}; trying MQTT 3.1.1", spec.clientId(), e.text());
        }
        return opened(new Mqtt3Session(login, spec, incoming));
    }

    /**
     * With some brokers (mosquitto 2.0 under load, and when it resumes a session) more comes than
     * the receive maximum allows, which ends the connection, for ever again. The broker's own bound
     * must do then.
     */
    private void learn(MillraceException why) {
        if (why.code() == ErrorCode.OVERLOADED) {
            log.warn("{}; it is not asked for a bound any more", why.text());
            spec = spec.withoutFlowControl();
        }
    }

    private MqttSession opened(MqttSession session) {
        boolean isOpen = false;
        try {
            boolean isKept = session.open();
            isOpen = true;
            log.info(
                    "connected to {} as {} with {}{}",
                    connection.url(),
                    spec.clientId(),
                    session.version(),
                    isKept ? ", the session was kept" : "");
            return session;
        } finally {
            if (!isOpen) {
                session.close(false);
            }
        }
    }
}
