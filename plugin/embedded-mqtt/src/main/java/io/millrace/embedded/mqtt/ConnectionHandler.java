package io.millrace.embedded.mqtt;

import io.millrace.api.ProjectId;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Listener;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.activemq.artemis.core.protocol.mqtt.GuardedMqttProtocol;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTSessionState.OutboundStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands between the MQTT decoder and Artemis for one connection: lets in who may, keeps each
 * client inside its project's topics, and takes what is published for data sources.
 *
 * <pre>
 *  NEW ──CONNECT──▶ WAITING ──CONNACK ok──▶ OPEN ──▶ CLOSED
 *                   packets are held       packets flow
 * </pre>
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends in channelInactive
final class ConnectionHandler extends ChannelDuplexHandler
        implements GuardedMqttProtocol.Guard, Admission.Asking, ClientPackets.Connection {

    private static final Logger log = LoggerFactory.getLogger(ConnectionHandler.class);

    private static final int CONNECT_SECONDS = 10;

    private static final int MAX_RECEIVE_MAXIMUM = 65_535;

    private enum Phase {
        NEW,
        WAITING,
        OPEN,
        CLOSED
    }

    private final BrokerContext broker;
    private final HeldPackets held = new HeldPackets();
    private final Admission admission;

    private Phase phase = Phase.NEW;
    private boolean isEstablished;
    private boolean isAnswered;
    private volatile @Nullable Listener listener;
    private Runnable keepAlive = () -> {};
    private volatile @Nullable ChannelHandlerContext context;
    private @Nullable ReadGate gate;
    private @Nullable ScheduledFuture<?> connectDeadline;
    private volatile @Nullable Client client;
    private @Nullable AccessGuard guard;
    private volatile boolean outlivesConnection;
    private volatile @Nullable SessionPacketIds packetIds;
    private @Nullable String assignedId;
    private @Nullable Will will;
    private volatile @Nullable IngestLane lane;
    private @Nullable ClientPackets packets;

    ConnectionHandler(BrokerContext broker) {
        this.broker = broker;
        this.admission = new Admission(broker, this);
    }

    @Override
    public void attached(String acceptor, Runnable keepAlive) {
        this.listener = broker.listeners().get(acceptor);
        this.keepAlive = keepAlive;
    }

    @Override
    public void accepted(boolean isNew, OutboundStore store) {
        Client current = client;
        if (current == null) {
            return;
        }
        String sessionId = current.sessionId();
        if (outlivesConnection) {
            packetIds = broker.packetIds().connected(sessionId, isNew, store);
        } else {
            broker.packetIds().forget(sessionId);
        }
    }

    @Override
    public void established() {
        onEventLoop(() -> {
            isEstablished = true;
            ChannelHandlerContext ctx = context;
            Client current = client;
            if (ctx != null && current != null) {
                held.answer((connack, promise) -> {
                    writeConnack(ctx, connack, current, promise);
                    ctx.flush();
                });
            }
        });
    }

    @Override
    public void sending(int packetId) {
        SessionPacketIds ids = packetIds;
        if (ids != null) {
            ids.sending(packetId, broker.packetIds().delivering());
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        gate = new ReadGate(ctx.channel());
        broker.connections().add(this);
        connectDeadline =
                ctx.executor()
                        .schedule(
                                () -> {
                                    if (phase != Phase.OPEN) {
                                        ctx.close();
                                    }
                                },
                                CONNECT_SECONDS,
                                TimeUnit.SECONDS);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        end();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        end();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        log.debug("closing the MQTT connection {}", ctx.channel().remoteAddress(), cause);
        ctx.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object packet) {
        var message = (MqttMessage) packet;
        if (message.decoderResult().isFailure()) {
            refuseMalformed(ctx, message);
            return;
        }
        switch (phase) {
            case NEW -> {
                if (message instanceof MqttConnectMessage connect) {
                    connect(ctx, connect);
                } else {
                    ReferenceCountUtil.release(message);
                    ctx.close();
                }
            }
            case WAITING -> hold(message);
            case OPEN -> pass(message);
            case CLOSED -> ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        IngestLane current = lane;
        if (current != null) {
            current.readComplete();
        }
        ctx.fireChannelReadComplete();
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object packet, ChannelPromise promise) {
        Client current = client;
        if (current == null) {
            ctx.write(packet, promise);
        } else if (packet instanceof MqttPublishMessage publish) {
            if (isAnswered) {
                ctx.write(Packets.publishOut(publish, current.mount()), promise);
            } else {
                held.hold(publish, promise);
            }
        } else if (packet instanceof MqttSubAckMessage suback && guard != null) {
            ctx.write(guard.complete(suback), promise);
        } else if (packet instanceof MqttConnAckMessage connack && phase == Phase.WAITING) {
            writeConnack(ctx, connack, current, promise);
        } else {
            ctx.write(packet, promise);
        }
    }

    /** Stops taking messages for data sources; those under way are still acknowledged. */
    void stopReading() {
        onEventLoop(() -> {
            if (gate != null) {
                gate.shut(ReadGate.STOPPING);
            }
        });
    }

    /** Says goodbye and closes. */
    void shutDown() {
        onEventLoop(() -> {
            ChannelHandlerContext ctx = context;
            if (ctx != null) {
                disconnect(ctx, Packets.SHUTTING_DOWN);
            }
        });
    }

    /** Whether nothing of it is on its way into the log. Read from any thread: nearly right. */
    boolean isIdle() {
        IngestLane intake = lane;
        return intake == null || intake.isIdle();
    }

    /** Closes the connection unless its certificate still stands for somebody. */
    void checkIdentity() {
        ChannelHandlerContext ctx = context;
        if (ctx != null && admission.isRevoked()) {
            log.info("closing an MQTT connection whose certificate is no longer accepted");
            ctx.close();
        }
    }

    /** Closes it when it is a user's or a guest's, so that it comes again and is looked at anew. */
    void accessChanged(ProjectId project) {
        closeIf(project, Who.Kind.USER, Who.Kind.GUEST);
    }

    /** Closes it when it is a user's: names and passwords are others now. */
    void secretChanged(ProjectId project) {
        closeIf(project, Who.Kind.USER, Who.Kind.USER);
    }

    private void closeIf(ProjectId project, Who.Kind one, Who.Kind other) {
        Client current = client;
        ChannelHandlerContext ctx = context;
        if (current == null || ctx == null || !current.project().equals(project)) {
            return;
        }
        Who.Kind kind = current.who().kind();
        if (kind == one || kind == other) {
            ctx.close();
        }
    }

    private void onEventLoop(Runnable action) {
        ChannelHandlerContext ctx = context;
        if (ctx != null && !ctx.executor().isShuttingDown()) {
            ctx.executor().execute(action);
        }
    }

    private void connect(ChannelHandlerContext ctx, MqttConnectMessage connect) {
        Listener current = listener;
        if (current == null) {
            ctx.close();
            return;
        }
        admission.ask(ctx, connect, current);
    }

    @Override
    public void mustWait() {
        phase = Phase.WAITING;
        if (gate != null) {
            gate.shut(ReadGate.WAITING);
        }
    }

    @Override
    public void letIn(
            ChannelHandlerContext ctx, MqttConnectMessage connect, Introduction.Good said) {
        Client accepted = said.client();
        client = accepted;
        assignedId = said.assignedId();
        outlivesConnection = said.outlivesConnection();
        will = said.will();
        guard = new AccessGuard(broker, ctx, accepted);
        broker.sessions().restrict(accepted);
        broker.takeOvers().connected(accepted, this, String.valueOf(ctx.channel().remoteAddress()));
        phase = Phase.WAITING;
        MqttConnectMessage inside =
                Packets.connectIn(connect, accepted.mount(), accepted.sessionId(), will == null);
        if (accepted.mqtt5() && !said.outlivesConnection()) {
            broker.transientClients().put(inside.payload().clientIdentifier(), this);
        }
        ctx.fireChannelRead(inside);
    }

    @Override
    public void turnAway(ChannelHandlerContext ctx, MqttMessage answer) {
        broker.meters().refused.increment();
        log.info("refusing an MQTT client from {}", ctx.channel().remoteAddress());
        phase = Phase.CLOSED;
        ctx.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
    }

    private void refuseMalformed(ChannelHandlerContext ctx, MqttMessage message) {
        boolean tooLarge = message.decoderResult().cause() instanceof TooLongFrameException;
        log.info(
                "closing the MQTT connection {}: {}",
                ctx.channel().remoteAddress(),
                tooLarge
                        ? "a packet is larger than " + broker.limits().packet()
                        : "a packet is malformed");
        ReferenceCountUtil.release(message);
        disconnect(ctx, tooLarge ? Packets.TOO_LARGE : Packets.MALFORMED);
    }

    @Override
    public void disconnect(byte reason) {
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            disconnect(ctx, reason);
        }
    }

    @Override
    public void forgetWill() {
        will = null;
    }

    private void disconnect(ChannelHandlerContext ctx, byte reason) {
        Client current = client;
        if (current != null && current.mqtt5() && phase == Phase.OPEN) {
            ctx.writeAndFlush(Packets.disconnect(reason)).addListener(ChannelFutureListener.CLOSE);
        } else {
            ctx.close();
        }
        endIntake();
    }

    private void hold(MqttMessage message) {
        if (held.hold(message) && gate != null) {
            gate.shut(ReadGate.WAITING);
        }
    }

    private void writeConnack(
            ChannelHandlerContext ctx,
            MqttConnAckMessage connack,
            Client current,
            ChannelPromise promise) {
        if (connack.variableHeader().connectReturnCode()
                != MqttConnectReturnCode.CONNECTION_ACCEPTED) {
            broker.meters().refused.increment();
            endIntake();
            ctx.write(connack, promise);
            return;
        }
        if (!isEstablished) {
            // A client that has its answer counts on being subscribed.
            held.hold(connack, promise);
            return;
        }
        broker.meters().connected.increment();
        int window = Math.min(broker.limits().inFlightMessages(), MAX_RECEIVE_MAXIMUM);
        ctx.write(
                current.mqtt5() ? Packets.connackOut(connack, assignedId, window) : connack,
                promise);
        isAnswered = true;
        held.send(ctx, current.mount());
        // Not from inside a write: the flush of the CONNACK comes first.
        ctx.executor().execute(() -> open(ctx, current));
    }

    private void open(ChannelHandlerContext ctx, Client current) {
        ReadGate reading = gate;
        AccessGuard access = guard;
        if (phase != Phase.WAITING || reading == null || access == null) {
            return;
        }
        var intake = new IngestLane(broker, current, ctx, reading, keepAlive);
        lane = intake;
        packets =
                new ClientPackets(
                        broker, ctx, current, access, intake, reading, packetIds, keepAlive, this);
        phase = Phase.OPEN;
        cancelDeadline();
        held.handOn(message -> channelRead(ctx, message));
        channelReadComplete(ctx);
        reading.open(ReadGate.WAITING);
    }

    private void pass(MqttMessage message) {
        ClientPackets open = packets;
        if (open == null) {
            ReferenceCountUtil.release(message);
        } else {
            open.take(message);
        }
    }

    private void end() {
        IngestLane intake = lane;
        Will last = will;
        will = null;
        if (intake != null && last != null && mayLeave(last)) {
            intake.publishWill(last);
        }
        endIntake();
        cancelDeadline();
        broker.connections().remove(this);
        Client current = client;
        if (current != null) {
            broker.transientClients().remove(current.sessionId(), this);
            broker.takeOvers().ended(current, this);
        }
    }

    /** Its topic may have become one of users since a guest left it here. */
    private boolean mayLeave(Will last) {
        Client current = client;
        if (current != null && current.access().mayPublish(last.topic())) {
            return true;
        }
        broker.meters().deniedPublish.increment();
        return false;
    }

    private void endIntake() {
        phase = Phase.CLOSED;
        admission.abandon();
        IngestLane intake = lane;
        if (intake != null) {
            intake.close();
        }
        held.drop();
    }

    private void cancelDeadline() {
        if (connectDeadline != null) {
            connectDeadline.cancel(false);
        }
    }
}
