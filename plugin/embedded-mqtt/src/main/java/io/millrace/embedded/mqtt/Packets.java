package io.millrace.embedded.mqtt;

import io.millrace.api.TopicFilter;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnAckVariableHeader;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectPayload;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttConnectVariableHeader;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttPubAckMessage;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttSubAckPayload;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import io.netty.handler.codec.mqtt.MqttUnsubscribePayload;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** MQTT packets: as a client sent them, made into what the broker may see, and back. */
final class Packets {

    private static final byte DISCONNECT_WITH_WILL = 0x04;
    private static final int MAX_REASON = 300;

    static final byte IMPLEMENTATION_ERROR = (byte) 0x83;
    static final byte MALFORMED = (byte) 0x81;
    static final byte PROTOCOL_ERROR = (byte) 0x82;
    static final byte NOT_AUTHORIZED = (byte) 0x87;
    static final byte SHUTTING_DOWN = (byte) 0x8b;
    static final byte FILTER_INVALID = (byte) 0x8f;
    static final byte TOPIC_INVALID = (byte) 0x90;
    static final byte ALIAS_INVALID = (byte) 0x94;
    static final byte TOO_LARGE = (byte) 0x95;

    private static final int MQTT_5 = 5;

    /** Artemis multiplies seconds by 1,000 in an int: anything longer would have ended already. */
    private static final int LONGEST_INTERVAL = Integer.MAX_VALUE / 1_000;

    /** Artemis takes 0 for "at once" and not for "never". */
    private static final int LONGEST_KEEP_ALIVE = 65_535;

    private static final MqttFixedHeader PUBACK = header(MqttMessageType.PUBACK);
    private static final MqttFixedHeader PUBREC = header(MqttMessageType.PUBREC);
    private static final MqttFixedHeader PUBCOMP = header(MqttMessageType.PUBCOMP);

    private Packets() {}

    static boolean isMqtt5(MqttConnectMessage connect) {
        return connect.variableHeader().version() == MQTT_5;
    }

    static int packetId(MqttMessage message) {
        return ((MqttMessageIdVariableHeader) message.variableHeader()).messageId();
    }

    /** Of PUBACK, PUBREC and PUBCOMP: whether the packet id may be used again. */
    static boolean endsDelivery(MqttMessage message) {
        return message.fixedHeader().messageType() != MqttMessageType.PUBREC
                || (message.variableHeader() instanceof MqttPubReplyMessageVariableHeader reply
                        && (reply.reasonCode() & 0x80) != 0);
    }

    static MqttMessage puback(boolean mqtt5, int packetId) {
        return reply(PUBACK, mqtt5, packetId);
    }

    /**
     * Tells an MQTT 5 client that it may not publish to that topic; other clients have no words.
     */
    static MqttMessage notAuthorized(int qos, int packetId) {
        return new MqttPubAckMessage(
                qos == 1 ? PUBACK : PUBREC,
                new MqttPubReplyMessageVariableHeader(
                        packetId, NOT_AUTHORIZED, MqttProperties.NO_PROPERTIES));
    }

    static MqttSubAckMessage suback(
            MqttMessageIdAndPropertiesVariableHeader header, List<Integer> codes) {
        return new MqttSubAckMessage(
                header(MqttMessageType.SUBACK), header, new MqttSubAckPayload(codes));
    }

    static MqttMessage pubrec(boolean mqtt5, int packetId) {
        return reply(PUBREC, mqtt5, packetId);
    }

    static MqttMessage pubcomp(boolean mqtt5, int packetId) {
        return reply(PUBCOMP, mqtt5, packetId);
    }

    static MqttMessage disconnect(byte reason) {
        return MqttMessageBuilders.disconnect().reasonCode(reason).build();
    }

    /** With words for people who look at what their client was told. */
    static MqttMessage disconnect(byte reason, String why) {
        var properties = new MqttProperties();
        String text = why.length() <= MAX_REASON ? why : why.substring(0, MAX_REASON);
        properties.add(
                new MqttProperties.StringProperty(MqttPropertyType.REASON_STRING.value(), text));
        return MqttMessageBuilders.disconnect().reasonCode(reason).properties(properties).build();
    }

    static MqttConnAckMessage refusal(
            boolean mqtt5, MqttConnectReturnCode v3, MqttConnectReturnCode v5) {
        return MqttMessageBuilders.connAck()
                .returnCode(mqtt5 ? v5 : v3)
                .properties(MqttProperties.NO_PROPERTIES)
                .sessionPresent(false)
                .build();
    }

    static MqttConnAckMessage notAuthorized(boolean mqtt5) {
        return refusal(
                mqtt5,
                MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED,
                MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED_5);
    }

    /** Seconds for which the session outlives the connection; negative for ever. Of MQTT 5 only. */
    static int sessionExpiry(MqttConnectMessage connect) {
        return integer(
                connect.variableHeader().properties(), MqttPropertyType.SESSION_EXPIRY_INTERVAL, 0);
    }

    static boolean hasTopicAlias(MqttPublishMessage publish) {
        return publish.variableHeader()
                        .properties()
                        .getProperty(MqttPropertyType.TOPIC_ALIAS.value())
                != null;
    }

    /**
     * The name and password have served their purpose and go no further.
     *
     * @param keepWill false when the will is not the broker's to send
     */
    static MqttConnectMessage connectIn(
            MqttConnectMessage connect, Mount mount, String sessionId, boolean keepWill) {
        MqttConnectVariableHeader header = connect.variableHeader();
        MqttConnectPayload payload = connect.payload();
        boolean hasWill = header.isWillFlag() && keepWill;
        int keepAlive = header.keepAliveTimeSeconds();
        return new MqttConnectMessage(
                connect.fixedHeader(),
                new MqttConnectVariableHeader(
                        header.name(),
                        header.version(),
                        false,
                        false,
                        hasWill && header.isWillRetain(),
                        hasWill ? header.willQos() : 0,
                        hasWill,
                        header.isCleanSession(),
                        keepAlive == 0 ? LONGEST_KEEP_ALIVE : keepAlive,
                        widenPacket(clampIntervals(header.properties()), mount)),
                new MqttConnectPayload(
                        sessionId,
                        clampIntervals(payload.willProperties()),
                        hasWill ? mount.topicIn(payload.willTopic()) : null,
                        hasWill ? payload.willMessageInBytes() : null,
                        null,
                        null));
    }

    /** A client's DISCONNECT forgets its will, unless it says otherwise. */
    static boolean forgetsWill(MqttMessage disconnect) {
        return !(disconnect.variableHeader() instanceof MqttReasonCodeAndPropertiesVariableHeader h)
                || h.reasonCode() != DISCONNECT_WITH_WILL;
    }

    /** Artemis measures packets with the longer topic that it knows. */
    private static MqttProperties widenPacket(MqttProperties properties, Mount mount) {
        int maximum = integer(properties, MqttPropertyType.MAXIMUM_PACKET_SIZE, 0);
        if (maximum <= 0) {
            return properties;
        }
        long widened = Math.min(Integer.MAX_VALUE, (long) maximum + mount.extraLength());
        return with(
                properties,
                new IntegerProperty(MqttPropertyType.MAXIMUM_PACKET_SIZE.value(), (int) widened));
    }

    /** Adds what Artemis does not tell an MQTT 5 client. */
    static MqttConnAckMessage connackOut(
            MqttConnAckMessage connack, @Nullable String assignedId, int receiveMaximum) {
        MqttConnAckVariableHeader header = connack.variableHeader();
        MqttProperties properties =
                with(
                        header.properties(),
                        new IntegerProperty(
                                MqttPropertyType.RECEIVE_MAXIMUM.value(), receiveMaximum));
        if (assignedId != null) {
            properties =
                    with(
                            properties,
                            new StringProperty(
                                    MqttPropertyType.ASSIGNED_CLIENT_IDENTIFIER.value(),
                                    assignedId));
        }
        return new MqttConnAckMessage(
                connack.fixedHeader(),
                new MqttConnAckVariableHeader(
                        header.connectReturnCode(), header.isSessionPresent(), properties));
    }

    static MqttPublishMessage publishIn(MqttPublishMessage publish, Mount mount) {
        MqttPublishVariableHeader header = publish.variableHeader();
        return new MqttPublishMessage(
                publish.fixedHeader(),
                new MqttPublishVariableHeader(
                        mount.topicIn(header.topicName()),
                        header.packetId(),
                        clampIntervals(header.properties())),
                publish.payload());
    }

    /** The encoder computes the remaining length anew. An empty topic stands for an alias. */
    static MqttPublishMessage publishOut(MqttPublishMessage publish, Mount mount) {
        MqttPublishVariableHeader header = publish.variableHeader();
        return header.topicName().isEmpty()
                ? publish
                : new MqttPublishMessage(
                        publish.fixedHeader(),
                        new MqttPublishVariableHeader(
                                mount.topicOut(header.topicName()),
                                header.packetId(),
                                header.properties()),
                        publish.payload());
    }

    /** Whether all filters are good; rewritten in place when they are. */
    static boolean trySubscribeIn(MqttSubscribeMessage subscribe, Mount mount) {
        for (MqttTopicSubscription subscription : subscribe.payload().topicSubscriptions()) {
            if (isBadFilter(subscription.topicFilter())) {
                return false;
            }
        }
        for (MqttTopicSubscription subscription : subscribe.payload().topicSubscriptions()) {
            subscription.setTopicFilter(mount.filterIn(subscription.topicFilter()));
        }
        return true;
    }

    /** Null when a filter is bad. */
    static @Nullable MqttUnsubscribeMessage unsubscribeIn(
            MqttUnsubscribeMessage unsubscribe, Mount mount) {
        if (unsubscribe.payload().topics().stream().anyMatch(Packets::isBadFilter)) {
            return null;
        }
        return new MqttUnsubscribeMessage(
                unsubscribe.fixedHeader(),
                unsubscribe.idAndPropertiesVariableHeader(),
                new MqttUnsubscribePayload(
                        unsubscribe.payload().topics().stream().map(mount::filterIn).toList()));
    }

    static MqttMessage disconnectIn(MqttMessage disconnect) {
        return disconnect.variableHeader()
                        instanceof MqttReasonCodeAndPropertiesVariableHeader header
                ? new MqttMessage(
                        disconnect.fixedHeader(),
                        new MqttReasonCodeAndPropertiesVariableHeader(
                                header.reasonCode(), clampIntervals(header.properties())))
                : disconnect;
    }

    private static boolean isBadFilter(String filter) {
        return TopicFilter.problem(Mount.plainFilter(filter)).isPresent()
                || filter.length() > TopicFilter.MAX_LENGTH;
    }

    private static MqttFixedHeader header(MqttMessageType type) {
        return new MqttFixedHeader(type, false, MqttQoS.AT_MOST_ONCE, false, 0);
    }

    private static MqttMessage reply(MqttFixedHeader header, boolean mqtt5, int packetId) {
        return new MqttPubAckMessage(
                header,
                mqtt5
                        ? new MqttPubReplyMessageVariableHeader(
                                packetId, (byte) 0, MqttProperties.NO_PROPERTIES)
                        : MqttMessageIdVariableHeader.from(packetId));
    }

    private static MqttProperties clampIntervals(MqttProperties properties) {
        int session = integer(properties, MqttPropertyType.SESSION_EXPIRY_INTERVAL, 0);
        MqttProperties result = properties;
        if (session > LONGEST_INTERVAL) {
            // Rather kept too long than lost: -1 is "for ever".
            result =
                    with(
                            result,
                            new IntegerProperty(
                                    MqttPropertyType.SESSION_EXPIRY_INTERVAL.value(), -1));
        }
        int message = integer(properties, MqttPropertyType.PUBLICATION_EXPIRY_INTERVAL, 0);
        if (message > LONGEST_INTERVAL || message < 0) {
            result =
                    with(
                            result,
                            new IntegerProperty(
                                    MqttPropertyType.PUBLICATION_EXPIRY_INTERVAL.value(),
                                    LONGEST_INTERVAL));
        }
        return result;
    }

    private static int integer(MqttProperties properties, MqttPropertyType type, int otherwise) {
        MqttProperty<?> property = properties.getProperty(type.value());
        return property != null && property.value() instanceof Integer value ? value : otherwise;
    }

    private static MqttProperties with(MqttProperties properties, MqttProperty<?> added) {
        var result = new MqttProperties();
        for (MqttProperty<?> property : properties.listAll()) {
            if (property.propertyId() != added.propertyId()) {
                result.add(property);
            }
        }
        result.add(added);
        return result;
    }
}
