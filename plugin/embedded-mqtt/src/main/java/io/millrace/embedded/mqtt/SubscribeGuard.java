package io.millrace.embedded.mqtt;

import io.netty.handler.codec.mqtt.MqttMessageIdAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttProperties;
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

/**
 * Takes out of a SUBSCRIBE what its client may not read, and puts the refusals into the SUBACK.
 * Used on the connection's event loop only.
 */
final class SubscribeGuard {

    private static final int FAILURE = 0x80;
    private static final int NOT_AUTHORIZED = 0x87;

    private final Access access;
    private final int refusal;

    /** Of each SUBSCRIBE that went on without some of its filters: which. */
    private final Map<Integer, BitSet> refused = new HashMap<>();

    SubscribeGuard(Client client) {
        this.access = client.access();
        this.refusal = client.mqtt5() ? NOT_AUTHORIZED : FAILURE;
    }

    /** The filters that are refused; empty when the whole message may go on. */
    List<String> refused(MqttSubscribeMessage subscribe) {
        if (access instanceof Access.Everything) {
            return List.of();
        }
        var found = new ArrayList<String>();
        for (MqttTopicSubscription subscription : subscribe.payload().topicSubscriptions()) {
            if (!mayRead(subscription)) {
                found.add(subscription.topicFilter());
            }
        }
        return found;
    }

    /** What may go on; null when nothing may. */
    @Nullable MqttSubscribeMessage permitted(MqttSubscribeMessage subscribe) {
        List<MqttTopicSubscription> all = subscribe.payload().topicSubscriptions();
        var permitted = new ArrayList<MqttTopicSubscription>();
        var out = new BitSet();
        for (int i = 0; i < all.size(); i++) {
            if (mayRead(all.get(i))) {
                permitted.add(all.get(i));
            } else {
                out.set(i);
            }
        }
        if (permitted.isEmpty()) {
            return null;
        }
        refused.put(subscribe.variableHeader().messageId(), out);
        return new MqttSubscribeMessage(
                subscribe.fixedHeader(),
                subscribe.idAndPropertiesVariableHeader(),
                new MqttSubscribePayload(permitted));
    }

    /** The answer to a SUBSCRIBE of which nothing may go on. */
    MqttSubAckMessage refusalOf(MqttSubscribeMessage subscribe) {
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

    private boolean mayRead(MqttTopicSubscription subscription) {
        return access.mayRead(Mount.plainFilter(subscription.topicFilter()));
    }
}
