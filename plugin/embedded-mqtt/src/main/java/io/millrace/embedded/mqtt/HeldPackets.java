package io.millrace.embedded.mqtt;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What waits for a CONNACK, in both directions: packets of a client that does not wait for it, and
 * what the broker delivers while its CONNACK still waits for the journal; and a CONNACK that waits
 * for the subscriptions of its session. Used on the connection's event loop only.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write ends in channelInactive
final class HeldPackets {

    /** Reading stops then; what the decoder already has is still held. */
    private static final int ENOUGH = 64;

    private final ArrayDeque<MqttMessage> received = new ArrayDeque<>();
    private final ArrayDeque<Early> early = new ArrayDeque<>();

    private @Nullable Answer answer;

    private record Answer(MqttConnAckMessage connack, ChannelPromise promise) {}

    private record Early(MqttPublishMessage publish, ChannelPromise promise) {}

    /** Holds what a client sent; whether no more should be read. */
    boolean hold(MqttMessage message) {
        received.add(message);
        return received.size() >= ENOUGH;
    }

    /** Holds what the broker wants to send. */
    void hold(MqttPublishMessage publish, ChannelPromise promise) {
        early.add(new Early(publish, promise));
    }

    /** Holds the answer to the CONNECT. */
    void hold(MqttConnAckMessage connack, ChannelPromise promise) {
        answer = new Answer(connack, promise);
    }

    /** Hands over the answer to the CONNECT, if it is held. */
    void answer(BiConsumer<MqttConnAckMessage, ChannelPromise> writer) {
        Answer waiting = answer;
        answer = null;
        if (waiting != null) {
            writer.accept(waiting.connack(), waiting.promise());
        }
    }

    /** Sends what the broker wanted to send. */
    void send(ChannelHandlerContext ctx, Mount mount) {
        for (Early next = early.poll(); next != null; next = early.poll()) {
            ctx.write(Packets.publishOut(next.publish(), mount), next.promise());
        }
    }

    /** Hands on what the client sent, in its order. */
    void handOn(Consumer<MqttMessage> reader) {
        for (MqttMessage message = received.poll(); message != null; message = received.poll()) {
            reader.accept(message);
        }
    }

    /** The connection has ended. */
    void drop() {
        received.forEach(ReferenceCountUtil::release);
        received.clear();
        answer((_, promise) -> promise.tryFailure(new ClosedChannelException()));
        for (Early next = early.poll(); next != null; next = early.poll()) {
            next.publish().release();
            next.promise().tryFailure(new ClosedChannelException());
        }
    }
}
