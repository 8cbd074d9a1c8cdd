package io.millrace.embedded.mqtt;

import io.millrace.api.TopicFilter;
import io.millrace.embedded.mqtt.RouteTable.Route;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttMessage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the CONNECT of somebody who may come in says: an id, perhaps a will, how long it stays. */
sealed interface Introduction {

    /**
     * It may stay.
     *
     * @param assignedId the id that it gets from us; null when it has one
     * @param will that goes into the log; null for none, and for one that is the broker's to send
     * @param outlivesConnection whether its session does
     */
    record Good(
            Client client,
            @Nullable String assignedId,
            @Nullable Will will,
            boolean outlivesConnection)
            implements Introduction {}

    /** It may not, and is told so. */
    record Bad(MqttMessage answer) implements Introduction {}

    /** Reads and judges it. */
    static Introduction of(BrokerContext broker, MqttConnectMessage connect, Who who) {
        return new Reader(broker, connect, who).read();
    }

    /** Of one CONNECT. */
    final class Reader {

        private static final Logger log = LoggerFactory.getLogger(Introduction.class);
        private static final int MAX_CLIENT_ID = 1_024;

        private final BrokerContext broker;
        private final MqttConnectMessage connect;
        private final Who who;
        private final boolean mqtt5;
        private final boolean hasWill;

        private Reader(BrokerContext broker, MqttConnectMessage connect, Who who) {
            this.broker = broker;
            this.connect = connect;
            this.who = who;
            this.mqtt5 = Packets.isMqtt5(connect);
            this.hasWill = connect.variableHeader().isWillFlag();
        }

        private Introduction read() {
            String id = connect.payload().clientIdentifier();
            boolean clean = connect.variableHeader().isCleanSession();
            if ((id.isEmpty() && !clean && !mqtt5)
                    || id.length() > MAX_CLIENT_ID
                    || (hasWill && !TopicFilter.isTopic(connect.payload().willTopic()))) {
                return new Bad(
                        Packets.refusal(
                                mqtt5,
                                MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED,
                                MqttConnectReturnCode
                                        .CONNECTION_REFUSED_CLIENT_IDENTIFIER_NOT_VALID));
            }
            String assigned = id.isEmpty() ? "auto-" + broker.ids().next() : null;
            var client = Client.of(who, mqtt5, assigned == null ? id : assigned);
            if (hasWill && !who.access().mayPublish(connect.payload().willTopic())) {
                broker.meters().deniedPublish.increment();
                log.warn(
                        "MQTT client {} may not leave a will on '{}'",
                        client,
                        LogText.of(connect.payload().willTopic()));
                return new Bad(Packets.notAuthorized(mqtt5));
            }
            return new Good(client, assigned, willForTheLog(), outlivesConnection());
        }

        private boolean outlivesConnection() {
            return mqtt5
                    ? Packets.sessionExpiry(connect) != 0
                    : !connect.variableHeader().isCleanSession();
        }

        /**
         * The broker would send it to subscribers only. Its delay and properties do not count here.
         */
        private @Nullable Will willForTheLog() {
            if (!hasWill) {
                return null;
            }
            String topic = connect.payload().willTopic();
            Route route = broker.routes().get().of(who.project()).find(topic);
            return route == null
                    ? null
                    : new Will(
                            route,
                            topic,
                            connect.payload().willMessageInBytes(),
                            connect.variableHeader().willQos());
        }
    }
}
