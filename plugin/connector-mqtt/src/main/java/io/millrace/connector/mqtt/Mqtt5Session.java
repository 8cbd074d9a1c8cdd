package io.millrace.connector.mqtt;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserProperties;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserPropertiesBuilder;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5SimpleAuth;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5SimpleAuthBuilder;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5Disconnect;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5RetainHandling;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscribe;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscription;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.suback.Mqtt5SubAck;
import com.hivemq.client.mqtt.mqtt5.message.unsubscribe.Mqtt5Unsubscribe;
import io.millrace.api.MillraceException;
import io.millrace.spi.Header;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A connection of MQTT 5. */
final class Mqtt5Session implements MqttSession {
    private final BrokerLogin login;
    private final SessionSpec spec;
    private final CompletableFuture<MillraceException> ended = new CompletableFuture<>();
    private final Mqtt5AsyncClient client;

    Mqtt5Session(BrokerLogin login, SessionSpec spec, Consumer<Incoming> incoming) {
        this.login = login;
        this.spec = spec;
        this.client =
                Mqtt5Client.builder()
                        .identifier(spec.clientId())
                        .transportConfig(Transport.of(login))
                        .addDisconnectedListener(lost ->
                                ended.complete(BrokerFailure.ofLoss(lost.getCause(), login, spec)))
                        .buildAsync();
        // Before the connection: a session that was kept may begin with messages.
        client.publishes(
                MqttGlobalPublishFilter.ALL,
                message -> incoming.accept(of(message)),
                Runnable::run,
                true);
    }

    @Override
    public boolean open() {
        try {
            return Waiting.answer(client.connect(connect()), "CONNECT", Transport.PATIENCE)
                    .isSessionPresent();
        } catch (ExecutionException e) {
            throw BrokerFailure.ofConnect(e, login, spec);
        }
    }

    private Mqtt5Connect connect() {
        var connect =
                Mqtt5Connect.builder()
                        .cleanStart(!spec.isPersistent())
                        .sessionExpiryInterval(
                                spec.isPersistent() ? SessionSpec.EXPIRY.toSeconds() : 0)
                        .keepAlive(spec.keepAliveSeconds())
                        .restrictions()
                        .receiveMaximum(spec.receiveMaximum())
                        .maximumPacketSize(SessionSpec.MAXIMUM_PACKET)
                        .applyRestrictions();
        Mqtt5SimpleAuth auth = auth();
        return auth == null ? connect.build() : connect.simpleAuth(auth).build();
    }

    private @Nullable Mqtt5SimpleAuth auth() {
        String user = login.user();
        if (user == null) {
            return null;
        }
        Mqtt5SimpleAuthBuilder.Complete auth = Mqtt5SimpleAuth.builder().username(user);
        String password = login.password();
        return password == null
                ? auth.build()
                : auth.password(password.getBytes(StandardCharsets.UTF_8)).build();
    }

    private static Incoming of(Mqtt5Publish message) {
        return new Incoming(
                message.getTopic().toString(),
                message.getPayloadAsBytes(),
                message.getQos().getCode(),
                message.isRetain(),
                message.getResponseTopic().map(Object::toString).orElse(null),
                message.getCorrelationData().map(Mqtt5Session::bytes).orElse(null),
                headers(message.getUserProperties()),
                message::acknowledge);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        var bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static List<Header> headers(Mqtt5UserProperties properties) {
        var all = properties.asList();
        if (all.isEmpty()) {
            return List.of();
        }
        var headers = new ArrayList<Header>(all.size());
        for (var property : all) {
            headers.add(
                    new Header(
                            property.getName().toString(),
                            bytes(property.getValue().toByteBuffer())));
        }
        return headers;
    }

    @Override
    public CompletableFuture<MillraceException> ended() {
        return ended;
    }

    @Override
    public int[] subscribe(List<String> filters, int qos) {
        var subscriptions = new ArrayList<Mqtt5Subscription>();
        for (String filter : filters) {
            subscriptions.add(
                    Mqtt5Subscription.builder()
                            .topicFilter(filter)
                            .qos(quality(qos))
                            // Not again what was retained, each time that we come back.
                            .retainHandling(Mqtt5RetainHandling.SEND_IF_SUBSCRIPTION_DOES_NOT_EXIST)
                            .build());
        }
        var subscribe = Mqtt5Subscribe.builder().addSubscriptions(subscriptions).build();
        try {
            return granted(
                    Waiting.answer(
                            client.subscribe(subscribe), ended, "SUBSCRIBE", Transport.PATIENCE));
        } catch (ExecutionException e) {
            if (BrokerFailure.unwrapped(e) instanceof Mqtt5SubAckException refused) {
                return granted(refused.getMqttMessage());
            }
            throw BrokerFailure.ofLoss(e, login, spec);
        }
    }

    private static int[] granted(Mqtt5SubAck answer) {
        return answer.getReasonCodes().stream()
                .mapToInt(code -> code.isError() ? REFUSED : code.getCode())
                .toArray();
    }

    @Override
    public void unsubscribe(List<String> filters) {
        var unsubscribe = Mqtt5Unsubscribe.builder().topicFilter(filters.getFirst());
        for (String filter : filters.subList(1, filters.size())) {
            unsubscribe = unsubscribe.addTopicFilter(filter);
        }
        try {
            var _ =
                    Waiting.answer(
                            client.unsubscribe(unsubscribe.build()),
                            ended,
                            "UNSUBSCRIBE",
                            Transport.PATIENCE);
        } catch (ExecutionException e) {
            throw BrokerFailure.ofLoss(e, login, spec);
        }
    }

    @Override
    public CompletionStage<?> publish(Outgoing message) {
        var publish =
                Mqtt5Publish.builder()
                        .topic(message.topic())
                        .payload(message.payload())
                        .qos(quality(message.qos()))
                        .retain(message.isRetained())
                        .userProperties(properties(message.properties()));
        byte[] correlation = message.correlation();
        if (correlation != null) {
            publish = publish.correlationData(correlation);
        }
        return client.publish(publish.build()).thenCompose(Mqtt5Session::orFailure);
    }

    private static CompletionStage<Mqtt5PublishResult> orFailure(Mqtt5PublishResult result) {
        return result.getError().isPresent()
                ? CompletableFuture.failedFuture(result.getError().get())
                : CompletableFuture.completedFuture(result);
    }

    private static Mqtt5UserProperties properties(List<Header> headers) {
        if (headers.isEmpty()) {
            return Mqtt5UserProperties.of();
        }
        Mqtt5UserPropertiesBuilder properties = Mqtt5UserProperties.builder();
        for (Header header : headers) {
            properties = properties.add(header.name(), header.text());
        }
        return properties.build();
    }

    private static MqttQos quality(int qos) {
        return switch (qos) {
            case 0 -> MqttQos.AT_MOST_ONCE;
            case 1 -> MqttQos.AT_LEAST_ONCE;
            default -> MqttQos.EXACTLY_ONCE;
        };
    }

    @Override
    public void close(boolean forget) {
        var disconnect = Mqtt5Disconnect.builder();
        if (forget && spec.isPersistent()) {
            disconnect = disconnect.sessionExpiryInterval(0);
        }
        Transport.close(client.getState(), client.disconnect(disconnect.build()));
    }

    @Override
    public String version() {
        return "MQTT 5";
    }
}
