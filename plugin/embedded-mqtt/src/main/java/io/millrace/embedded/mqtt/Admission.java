package io.millrace.embedded.mqtt;

import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Listener;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Passwords;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttMessage;
import java.security.cert.X509Certificate;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides about one connection's CONNECT: who it is of, and whether what it says of itself can be.
 * On the connection's event loop, but for {@link #isRevoked}.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed close ends in channelInactive
final class Admission implements Login.Outcome {

    private final BrokerContext broker;
    private final Asking connection;
    private volatile @Nullable X509Certificate certificate;
    private boolean isOver;

    /** The connection that asks. */
    interface Asking {

        /** Nothing more is read: nothing is kept for somebody who may turn out to be nobody. */
        void mustWait();

        /** It may come in. */
        void letIn(ChannelHandlerContext ctx, MqttConnectMessage connect, Introduction.Good said);

        /** It may not, and hears why. */
        void turnAway(ChannelHandlerContext ctx, MqttMessage answer);
    }

    Admission(BrokerContext broker, Asking connection) {
        this.broker = broker;
        this.connection = connection;
    }

    /** Decides now, or later where a password has to be looked up. */
    void ask(ChannelHandlerContext ctx, MqttConnectMessage connect, Listener listener) {
        if (listener.policy() instanceof Passwords passwords) {
            connection.mustWait();
            new Login(broker, ctx, connect, passwords.project(), this).start();
            return;
        }
        Entrance entrance = new Entrance(broker, ctx);
        Optional<Who> who = entrance.who(listener.policy(), connect);
        certificate = entrance.certificate();
        if (who.isPresent()) {
            decide(ctx, connect, who.get());
        } else {
            connection.turnAway(ctx, Packets.notAuthorized(Packets.isMqtt5(connect)));
        }
    }

    /** The connection has ended: a decision that comes now is for nobody. */
    void abandon() {
        isOver = true;
    }

    /** Whether the certificate that was shown stands for nobody any more. Any thread. */
    boolean isRevoked() {
        X509Certificate shown = certificate;
        return shown != null && broker.identities().identify(shown).isEmpty();
    }

    @Override
    public void admitted(
            ChannelHandlerContext ctx, MqttConnectMessage connect, Who who, long epoch) {
        if (isOver) {
            return;
        }
        decide(ctx, connect, who);
        if (epoch != broker.accessEpoch().get()) {
            // Whoever changed it did not see this connection.
            ctx.close();
        }
    }

    @Override
    public void refused(ChannelHandlerContext ctx, MqttMessage answer) {
        if (!isOver) {
            connection.turnAway(ctx, answer);
        }
    }

    private void decide(ChannelHandlerContext ctx, MqttConnectMessage connect, Who who) {
        switch (Introduction.of(broker, connect, who)) {
            case Introduction.Bad(MqttMessage answer) -> connection.turnAway(ctx, answer);
            case Introduction.Good accepted -> connection.letIn(ctx, connect, accepted);
        }
    }
}
