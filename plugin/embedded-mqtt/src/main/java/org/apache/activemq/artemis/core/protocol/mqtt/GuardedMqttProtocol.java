package org.apache.activemq.artemis.core.protocol.mqtt;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.util.List;
import java.util.function.Supplier;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyServerConnection;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.spi.core.protocol.ConnectionEntry;
import org.apache.activemq.artemis.spi.core.remoting.Acceptor;
import org.apache.activemq.artemis.spi.core.remoting.Connection;

/** Artemis' MQTT with a handler of ours between the decoder and its own, and bounded packets. */
@SuppressWarnings("unchecked") // its ancestors mix raw and generic types
public final class GuardedMqttProtocol extends MQTTProtocolManager {

    /** The handler in between. */
    public interface Guard extends ChannelHandler {

        /**
         * Called once, before the first packet.
         *
         * @param acceptor the name of the listener that it came through
         * @param keepAlive to be run for each packet that does not reach Artemis, or it takes the
         *     client for dead
         */
        void attached(String acceptor, Runnable keepAlive);

        /**
         * Called when the client has been accepted, before it is told so and before anything is
         * sent to it.
         *
         * @param isNew whether it is told that the broker knows nothing of it
         */
        void accepted(boolean isNew, MQTTSessionState.OutboundStore store);

        /**
         * Called when all that a CONNECT brings about is done: a session that was kept has its
         * subscribers again. Artemis sends the CONNACK before that.
         */
        void established();

        /** Called on the delivering thread before a PUBLISH with a packet id goes out. */
        void sending(int packetId);
    }

    private final ActiveMQServer server;
    private final Supplier<? extends Guard> guards;
    private final int maxPacketBytes;

    public GuardedMqttProtocol(
            ActiveMQServer server, Supplier<? extends Guard> guards, int maxPacketBytes)
            throws Exception {
        super(server, List.of(), List.of());
        this.server = server;
        this.guards = guards;
        this.maxPacketBytes = maxPacketBytes;
    }

    /** Whatever comes is decoded as MQTT: Artemis would let unknown bytes pile up instead. */
    @Override
    public boolean isProtocol(byte[] firstBytes) {
        return true;
    }

    @Override
    public void addChannelHandlers(ChannelPipeline pipeline) {
        pipeline.addLast(MqttEncoder.INSTANCE);
        pipeline.addLast(new MqttDecoder(maxPacketBytes));
        pipeline.addLast(guards.get());
        pipeline.addLast(new OrderedMqttHandler(server, this));
    }

    /** Everything that Artemis sends comes through here, on the thread that decided to send it. */
    @Override
    public String invokeOutgoing(MqttMessage message, MQTTConnection connection) {
        if (message instanceof MqttPublishMessage publish) {
            if (publish.fixedHeader().qosLevel() != MqttQoS.AT_MOST_ONCE) {
                guard(connection.getTransportConnection())
                        .sending(publish.variableHeader().packetId());
            }
        } else if (message instanceof MqttConnAckMessage connack) {
            var header = connack.variableHeader();
            var state = getStateManager().getSessionStates().get(connection.getClientID());
            if (header.connectReturnCode() == MqttConnectReturnCode.CONNECTION_ACCEPTED
                    && state != null) {
                guard(connection.getTransportConnection())
                        .accepted(!header.isSessionPresent(), state.getOutboundStore());
            }
        }
        return super.invokeOutgoing(message, connection);
    }

    static Guard guard(Connection connection) {
        return ((NettyServerConnection) connection).getChannel().pipeline().get(Guard.class);
    }

    @Override
    public ConnectionEntry createConnectionEntry(Acceptor acceptor, Connection connection) {
        ConnectionEntry entry = super.createConnectionEntry(acceptor, connection);
        // Null when it failed, which Artemis has logged.
        if (entry != null && entry.connection instanceof MQTTConnection mqtt) {
            guard(connection).attached(acceptor.getName(), mqtt::dataReceived);
        }
        return entry;
    }
}
