package io.millrace.embedded.mqtt;

import io.millrace.api.TopicFilter;
import io.millrace.embedded.mqtt.RouteTable.Route;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a client that was let in sends: messages for data sources go into the log, all else goes on
 * to the broker with the names that it has inside. Hot path; on the connection's event loop only.
 */
final class ClientPackets {

    private static final Logger log = LoggerFactory.getLogger(ClientPackets.class);

    private final BrokerContext broker;
    private final ChannelHandlerContext ctx;
    private final Client client;
    private final AccessGuard guard;
    private final IngestLane intake;
    private final ReadGate gate;
    private final @Nullable SessionPacketIds packetIds;
    private final Runnable keepAlive;
    private final Connection connection;

    /** What becomes of the connection. */
    interface Connection {

        /** Ends it, with a reason where the protocol has words for one. */
        void disconnect(byte reason);

        /** The client said goodbye: nobody needs its will. */
        void forgetWill();
    }

    /**
     * For one connection.
     *
     * @param packetIds of a session that outlives it; null for others
     * @param keepAlive to be run for each packet that the broker does not see
     */
    ClientPackets(
            BrokerContext broker,
            ChannelHandlerContext ctx,
            Client client,
            AccessGuard guard,
            IngestLane intake,
            ReadGate gate,
            @Nullable SessionPacketIds packetIds,
            Runnable keepAlive,
            Connection connection) {
        this.broker = broker;
        this.ctx = ctx;
        this.client = client;
        this.guard = guard;
        this.intake = intake;
        this.gate = gate;
        this.packetIds = packetIds;
        this.keepAlive = keepAlive;
        this.connection = connection;
    }

    /** Takes a packet, which is released or goes on. */
    void take(MqttMessage message) {
        switch (message.fixedHeader().messageType()) {
            case PUBLISH -> publish((MqttPublishMessage) message);
            case PUBACK, PUBREC, PUBCOMP -> {
                if (packetIds != null && Packets.endsDelivery(message)) {
                    packetIds.done(Packets.packetId(message));
                }
                ctx.fireChannelRead(message);
            }
            case PUBREL -> release(message);
            case SUBSCRIBE -> subscribe((MqttSubscribeMessage) message);
            case UNSUBSCRIBE -> unsubscribe((MqttUnsubscribeMessage) message);
            case DISCONNECT -> {
                if (Packets.forgetsWill(message)) {
                    connection.forgetWill();
                }
                ctx.fireChannelRead(Packets.disconnectIn(message));
            }
            case CONNECT -> {
                ReferenceCountUtil.release(message);
                connection.disconnect(Packets.PROTOCOL_ERROR);
            }
            default -> ctx.fireChannelRead(message);
        }
    }

    private void publish(MqttPublishMessage message) {
        String topic = message.variableHeader().topicName();
        if (Packets.hasTopicAlias(message)) {
            message.release();
            connection.disconnect(Packets.ALIAS_INVALID);
            return;
        }
        String replyTopic =
                client.mqtt5()
                        ? RequestHeaders.responseTopic(message.variableHeader().properties())
                        : null;
        if (replyTopic != null
                && (!TopicFilter.isTopic(replyTopic) || replyTopic.startsWith("$"))) {
            message.release();
            log.info(
                    "closing MQTT client {}: '{}' is no response topic",
                    client,
                    LogText.of(replyTopic));
            connection.disconnect(Packets.TOPIC_INVALID);
            return;
        }
        if (!guard.permits(message, topic, replyTopic)) {
            message.release();
            keepAlive.run();
            return;
        }
        Route route = broker.routes().get().of(client.project()).find(topic);
        if (route != null) {
            keepAlive.run();
            if (gate.isShut(ReadGate.STOPPING)) {
                message.release();
            } else {
                intake.publish(message, route, topic);
            }
        } else if (!TopicFilter.isTopic(topic)) {
            message.release();
            connection.disconnect(Packets.TOPIC_INVALID);
        } else {
            ctx.fireChannelRead(Packets.publishIn(message, client.mount()));
        }
    }

    private void release(MqttMessage message) {
        if (intake.tryRelease(Packets.packetId(message))) {
            keepAlive.run();
        } else {
            ctx.fireChannelRead(message);
        }
    }

    private void subscribe(MqttSubscribeMessage asked) {
        MqttSubscribeMessage message = guard.permitted(asked);
        if (message == null) {
            keepAlive.run();
        } else if (Packets.trySubscribeIn(message, client.mount())) {
            ctx.fireChannelRead(message);
        } else {
            connection.disconnect(Packets.FILTER_INVALID);
        }
    }

    private void unsubscribe(MqttUnsubscribeMessage message) {
        MqttUnsubscribeMessage inside = Packets.unsubscribeIn(message, client.mount());
        if (inside != null) {
            ctx.fireChannelRead(inside);
        } else {
            connection.disconnect(Packets.FILTER_INVALID);
        }
    }
}
