package io.millrace.embedded.mqtt;

import io.millrace.api.MillraceException;
import io.millrace.embedded.mqtt.RouteTable.Route;
import io.millrace.spi.AppendListener;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.OutgoingRecord;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection's way into the log. Hot path.
 *
 * <pre>
 *  PUBLISH ──▶ publish ──▶ log.append ······▶ appended (the log's thread)
 *                 │                              │ marks, wakes the event loop once
 *              pending ◀── drain (event loop) ◀──┘
 *                             └──▶ PUBACK / PUBREC, in the order of the PUBLISHes
 * </pre>
 *
 * <p>Everything but {@link Pending#appended} runs on the connection's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends in channelInactive
final class IngestLane {

    private static final Logger log = LoggerFactory.getLogger(IngestLane.class);

    /** What a message costs beside its payload, so that many empty ones are bounded too. */
    private static final int OVERHEAD = 256;

    private static final int OWN_HEADERS = 5;

    private static final Header[] QOS_HEADERS = {
        Header.of("mqtt.qos", "0"), Header.of("mqtt.qos", "1"), Header.of("mqtt.qos", "2")
    };

    private final BrokerContext broker;
    private final Client client;
    private final ChannelHandlerContext ctx;
    private final ReadGate gate;
    private final Pace pace;
    private final EchoRouter.Lane echo;

    private final ArrayDeque<Pending> pending = new ArrayDeque<>();
    private final AtomicBoolean drainScheduled = new AtomicBoolean();
    private final Runnable drain = this::drain;
    private final Runnable brokerFree = this::brokerFree;
    private long pendingBytes;
    private boolean closed;

    /** Set on the log's thread as soon as a message that will be sent again did not get in. */
    private volatile @Nullable Exception refusal;

    /** QoS 2 packet ids between PUBLISH and PUBREL; made when first needed. */
    private @Nullable BitSet received;

    /** Those of them whose PUBREC has not gone out. */
    private @Nullable BitSet unanswered;

    private @Nullable Header receivedAt;
    private long receivedMillis;

    IngestLane(
            BrokerContext broker,
            Client client,
            ChannelHandlerContext ctx,
            ReadGate gate,
            Runnable keepAlive) {
        this.broker = broker;
        this.client = client;
        this.ctx = ctx;
        this.gate = gate;
        this.pace = new Pace(broker, ctx, gate, keepAlive);
        this.echo = broker.echo().lane(client);
    }

    /** Takes a message for a data source; releases the packet. */
    void publish(MqttPublishMessage message, Route route, String topic) {
        try {
            int qos = message.fixedHeader().qosLevel().value();
            int packetId = qos == 0 ? 0 : message.variableHeader().packetId();
            if (closed || (qos == 2 && isRepeated(packetId))) {
                return;
            }
            List<Header> said =
                    client.mqtt5()
                            ? RequestHeaders.of(
                                    message.variableHeader().properties(), broker.meters())
                            : List.of();
            append(message.payload(), route, topic, said, qos, packetId);
        } finally {
            message.release();
        }
    }

    /** Takes the will of a client that went without a word; nobody is left to tell. */
    void publishWill(Will will) {
        receivedAt = null;
        broker.meters().received.increment();
        AppendListener listener =
                failure -> {
                    if (failure != null) {
                        broker.meters().lostAtQosZero.increment();
                        broker.refusals()
                                .notTaken(
                                        will.route().source(),
                                        client,
                                        "its will did not get into the log");
                    }
                };
        try {
            broker.log()
                    .append(
                            record(will.route(), will.topic(), List.of(), will.value(), will.qos()),
                            listener);
        } catch (RuntimeException e) {
            listener.appended(e);
        }
        echo.offer(will.route(), will.topic(), will.value(), will.qos());
    }

    /** Whether a PUBREL is for a message that went this way; answered when it is. */
    boolean tryRelease(int packetId) {
        if (received == null || !received.get(packetId)) {
            return false;
        }
        if (unanswered != null && unanswered.get(packetId)) {
            fail("PUBREL before PUBREC", Packets.PROTOCOL_ERROR);
            return true;
        }
        received.clear(packetId);
        ctx.writeAndFlush(Packets.pubcomp(client.mqtt5(), packetId), ctx.voidPromise());
        return true;
    }

    /** What was read in one go came at one time. */
    void readComplete() {
        receivedAt = null;
    }

    /** Nothing is acknowledged from here on. */
    void close() {
        closed = true;
        pending.clear();
    }

    boolean isIdle() {
        return pending.isEmpty();
    }

    private void append(
            ByteBuf payload, Route route, String topic, List<Header> said, int qos, int packetId) {
        Exception refused = refusal;
        if (refused != null) {
            // The client sends the failed message again, and this one must not be before it.
            refuse(route, refused);
            return;
        }
        var value = new byte[payload.readableBytes()];
        payload.readBytes(value);
        var item = new Pending(this, route, topic, value, qos, packetId);
        pending.add(item);
        pendingBytes += item.cost();
        broker.meters().received.increment();
        if (pending.size() >= broker.limits().inFlightMessages()
                || pendingBytes >= broker.limits().inFlight().bytes()) {
            gate.shut(ReadGate.CONNECTION_FULL);
        }
        if (!broker.budget().take(item.cost()) && !gate.isShut(ReadGate.BROKER_FULL)) {
            gate.shut(ReadGate.BROKER_FULL);
            broker.budget().whenFree(brokerFree);
        }
        if (route.rate() > 0) {
            pace.taken(route);
        }
        OutgoingRecord record = record(route, topic, said, value, qos);
        try {
            broker.log().append(record, item);
        } catch (RuntimeException e) {
            item.appended(e);
        }
    }

    private OutgoingRecord record(
            Route route, String topic, List<Header> said, byte[] value, int qos) {
        Header at = receivedHeader();
        Header literal = route.topicHeader();
        Header named = literal != null ? literal : Header.of(HeaderNames.TOPIC, topic);
        Captures captures = route.captures();
        List<Header> own = client.headers();
        int captured = captures == null ? 0 : captures.count();
        var headers = new Header[OWN_HEADERS + own.size() + captured + said.size()];
        headers[0] = route.sourceHeader();
        headers[1] = route.fieldHeader();
        headers[2] = named;
        headers[3] = QOS_HEADERS[qos];
        headers[4] = at;
        int next = fill(headers, OWN_HEADERS, own);
        if (captures != null) {
            captures.addTo(headers, next, named.value());
        }
        fill(headers, next + captured, said);
        return new OutgoingRecord(
                route.logTopic(), client.key(), value, Arrays.asList(headers), receivedMillis);
    }

    private static int fill(Header[] headers, int at, List<Header> more) {
        for (int i = 0; i < more.size(); i++) {
            headers[at + i] = more.get(i);
        }
        return at + more.size();
    }

    private Header receivedHeader() {
        Header at = receivedAt;
        if (at == null) {
            Instant now = broker.time().now();
            receivedMillis = now.toEpochMilli();
            at =
                    new Header(
                            HeaderNames.RECEIVED,
                            Long.toString(now.getEpochSecond() * 1_000_000_000L + now.getNano())
                                    .getBytes(StandardCharsets.ISO_8859_1));
            receivedAt = at;
        }
        return at;
    }

    private boolean isRepeated(int packetId) {
        if (received == null || unanswered == null) {
            received = new BitSet();
            unanswered = new BitSet();
        }
        if (!received.get(packetId)) {
            received.set(packetId);
            unanswered.set(packetId);
            return false;
        }
        if (!unanswered.get(packetId)) {
            ctx.writeAndFlush(Packets.pubrec(client.mqtt5(), packetId), ctx.voidPromise());
        }
        return true;
    }

    private void wake() {
        if (drainScheduled.compareAndSet(false, true)) {
            try {
                ctx.executor().execute(drain);
            } catch (RejectedExecutionException e) {
                log.debug("client {} is gone with its event loop", client.id());
            }
        }
    }

    /** For the client: our own words, not those of a library. */
    private static String notTaken(@Nullable Exception why) {
        String what = "a message did not get into the log";
        return why instanceof MillraceException ours ? what + ": " + ours.text() : what;
    }

    private void drain() {
        drainScheduled.set(false);
        boolean wrote = false;
        for (Pending item = pending.peek();
                item != null && item.isFinished();
                item = pending.peek()) {
            pending.remove();
            pendingBytes -= item.cost();
            if (item.failure() == null) {
                wrote |= acknowledge(item);
                echo.offer(item.route, item.topic, item.value, item.qos);
            } else if (item.qos > 0) {
                log.debug("a message did not get into the log", item.failure());
                refuse(item.route, item.failure());
                return;
            }
        }
        if (wrote) {
            ctx.flush();
        }
        if (gate.isShut(ReadGate.CONNECTION_FULL)
                && pending.size() <= broker.limits().inFlightMessages() / 2
                && pendingBytes <= broker.limits().inFlight().bytes() / 2) {
            gate.open(ReadGate.CONNECTION_FULL);
        }
    }

    private boolean acknowledge(Pending item) {
        switch (item.qos) {
            case 1 -> ctx.write(Packets.puback(client.mqtt5(), item.packetId), ctx.voidPromise());
            case 2 -> {
                if (unanswered != null) {
                    unanswered.clear(item.packetId);
                }
                ctx.write(Packets.pubrec(client.mqtt5(), item.packetId), ctx.voidPromise());
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private void fail(String why, byte reason) {
        if (closed) {
            return;
        }
        log.warn("closing MQTT client {} of {}: {}", client.id(), client.project(), why);
        end(why, reason);
    }

    /** The client sends again what was not acknowledged, on its next connection. */
    private void refuse(Route route, @Nullable Exception failure) {
        if (!closed) {
            String why = notTaken(failure);
            broker.refusals().notTaken(route.source(), client, why);
            end(why, Packets.IMPLEMENTATION_ERROR);
        }
    }

    private void end(String why, byte reason) {
        close();
        if (client.mqtt5()) {
            ctx.writeAndFlush(Packets.disconnect(reason, why))
                    .addListener(ChannelFutureListener.CLOSE);
        } else {
            ctx.flush();
            ctx.close();
        }
    }

    private void brokerFree() {
        try {
            ctx.executor().execute(() -> gate.open(ReadGate.BROKER_FULL));
        } catch (RejectedExecutionException e) {
            log.debug("client {} is gone with its event loop", client.id());
        }
    }

    /** A message between its arrival and its place in the log. */
    private static final class Pending implements AppendListener {

        private static final AtomicIntegerFieldUpdater<Pending> STATE =
                AtomicIntegerFieldUpdater.newUpdater(Pending.class, "state");
        private static final int UNDER_WAY = 0;
        private static final int FINISHED = 1;

        private final IngestLane lane;
        private final Route route;
        private final String topic;
        private final byte[] value;
        private final int qos;
        private final int packetId;
        private volatile int state = UNDER_WAY;
        private volatile @Nullable Exception failure;

        Pending(IngestLane lane, Route route, String topic, byte[] value, int qos, int packetId) {
            this.lane = lane;
            this.route = route;
            this.topic = topic;
            this.value = value;
            this.qos = qos;
            this.packetId = packetId;
        }

        int cost() {
            return value.length + OVERHEAD;
        }

        boolean isFinished() {
            return state == FINISHED;
        }

        @Nullable Exception failure() {
            return failure;
        }

        @Override
        public void appended(@Nullable Exception why) {
            if (state != UNDER_WAY) {
                return;
            }
            failure = why;
            if (why != null && qos > 0) {
                lane.refusal = why;
            }
            if (!STATE.compareAndSet(this, UNDER_WAY, FINISHED)) {
                return;
            }
            BrokerContext broker = lane.broker;
            broker.budget().giveBack(cost());
            if (why != null) {
                (qos == 0 ? broker.meters().lostAtQosZero : broker.meters().ingestFailed)
                        .increment();
            }
            lane.wake();
        }
    }
}
