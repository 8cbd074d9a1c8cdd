package io.millrace.embedded.mqtt;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.mqtt.MqttMessageIdAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttSubAckPayload;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttSubscribePayload;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one client to what it may do: tells it so, counts it, and warns once. A SUBSCRIBE goes on
 * without the filters that its client may not read; the SUBACK gets their refusals. Used on the
 * connection's event loop only.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write ends in channelInactive
final class AccessGuard {

    private static final Logger log = LoggerFactory.getLogger(AccessGuard.class);

    private static final int FAILURE = 0x80;
    private static final int NOT_AUTHORIZED = 0x87;

    private final BrokerContext broker;
    private final ChannelHandlerContext ctx;
    private final Client client;
    private final Access access;
    private final int refusal;

    /** Of each SUBSCRIBE that went on without some of its filters: which. */
    private final Map<Integer, BitSet> refused = new HashMap<>();

    private boolean hasWarned;

    AccessGuard(BrokerContext broker, ChannelHandlerContext ctx, Client client) {
        this.broker = broker;
        this.ctx = ctx;
        this.client = client;
        this.access = client.access();
        this.refusal = client.mqtt5() ? NOT_AUTHORIZED : FAILURE;
    }

    /**
     * Whether a message may be published, and its answer go where it is wanted. Answered when it
     * may not; the client learns of it if its protocol has words for that.
     *
     * @param replyTopic null for none
     */
    boolean permits(MqttPublishMessage message, String topic, @Nullable String replyTopic) {
        if (!access.mayPublish(topic)) {
            deny(message, topic);
            return false;
        }
        if (replyTopic != null && !access.mayRead(replyTopic)) {
            deny(message, replyTopic);
            return false;
        }
        return true;
    }

    private void deny(MqttPublishMessage message, String topic) {
        broker.meters().deniedPublish.increment();
        warnOnce("publish to", topic);
        int qos = message.fixedHeader().qosLevel().value();
        if (qos == 0) {
            return;
        }
        if (client.mqtt5()) {
            ctx.writeAndFlush(Packets.notAuthorized(qos, message.variableHeader().packetId()));
        } else {
            ctx.close();
        }
    }

    /** What of a SUBSCRIBE may go on; null when nothing may, which is answered then. */
    @Nullable MqttSubscribeMessage permitted(MqttSubscribeMessage subscribe) {
        if (access instanceof Access.Everything) {
            return subscribe;
        }
        List<MqttTopicSubscription> all = subscribe.payload().topicSubscriptions();
        var permitted = new ArrayList<MqttTopicSubscription>();
        var out = new BitSet();
        for (int i = 0; i < all.size(); i++) {
            if (access.mayRead(Mount.plainFilter(all.get(i).topicFilter()))) {
                permitted.add(all.get(i));
            } else {
                out.set(i);
                broker.meters().deniedSubscribe.increment();
                warnOnce("subscribe to", all.get(i).topicFilter());
            }
        }
        if (out.isEmpty()) {
            return subscribe;
        }
        if (permitted.isEmpty()) {
            ctx.writeAndFlush(refusalOf(subscribe));
            return null;
        }
        refused.put(subscribe.variableHeader().messageId(), out);
        return new MqttSubscribeMessage(
                subscribe.fixedHeader(),
                subscribe.idAndPropertiesVariableHeader(),
                new MqttSubscribePayload(permitted));
    }

    /** The answer to a SUBSCRIBE of which nothing may go on. */
    private MqttSubAckMessage refusalOf(MqttSubscribeMessage subscribe) {
        var codes = new ArrayList<Integer>();
        subscribe.payload().topicSubscriptions().forEach(_ -> codes.add(refusal));
        return Packets.suback(
                new MqttMessageIdAndPropertiesVariableHeader(
                        subscribe.variableHeader().messageId(), MqttProperties.NO_PROPERTIES),
                codes);
    }

    /** The broker's answer with the refusals in their places. */
    MqttSubAckMessage complete(MqttSubAckMessage suback) {
        BitSet out = refused.remove(suback.variableHeader().messageId());
        if (out == null) {
            return suback;
        }
        MqttSubAckPayload payload = suback.payload();
        Iterator<Integer> granted = payload.reasonCodes().iterator();
        var codes = new ArrayList<Integer>();
        int all = payload.reasonCodes().size() + out.cardinality();
        for (int i = 0; i < all; i++) {
            codes.add(out.get(i) ? refusal : (int) granted.next());
        }
        return Packets.suback(suback.idAndPropertiesVariableHeader(), codes);
    }

    private void warnOnce(String action, String topic) {
        if (!hasWarned) {
            hasWarned = true;
            log.warn(
                    "MQTT client {} of project {} may not {} '{}'; further denials of this"
                            + " connection are only counted",
                    client,
                    client.project(),
                    action,
                    LogText.of(topic));
        }
    }
}
