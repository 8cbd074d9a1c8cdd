package io.millrace.connector.mqtt;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3Client;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3SubAckException;
import com.hivemq.client.mqtt.mqtt3.message.auth.Mqtt3SimpleAuth;
import com.hivemq.client.mqtt.mqtt3.message.connect.Mqtt3Connect;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.Mqtt3Subscribe;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.Mqtt3Subscription;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.suback.Mqtt3SubAck;
import com.hivemq.client.mqtt.mqtt3.message.unsubscribe.Mqtt3Unsubscribe;
import io.millrace.api.MillraceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/**
 * A connection of MQTT 3.1.1: without properties, and the broker alone bounds what is under way.
 */
final class Mqtt3Session implements MqttSession {
    private final BrokerLogin login;
    private final SessionSpec spec;
    private final CompletableFuture<MillraceException> ended = new CompletableFuture<>();
    private final Mqtt3AsyncClient client;

    Mqtt3Session(BrokerLogin login, SessionSpec spec, Consumer<Incoming> incoming) {
        this.login = login;
        this.spec = spec;
        this.client =
                Mqtt3Client.builder()
                        .identifier(spec.clientId())
                        .transportConfig(Transport.of(login))
                        .addDisconnectedListener(lost ->
                                ended.complete(BrokerFailure.ofLoss(lost.getCause(), login, spec)))
                        .buildAsync();
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

    private Mqtt3Connect connect() {
        var connect =
                Mqtt3Connect.builder()
                        .cleanSession(!spec.isPersistent())
                        .keepAlive(spec.keepAliveSeconds());
        String user = login.user();
        if (user == null) {
            return connect.build();
        }
        var auth = Mqtt3SimpleAuth.builder().username(user);
        String password = login.password();
        return connect.simpleAuth(
                        password == null
                                ? auth.build()
                                : auth.password(password.getBytes(StandardCharsets.UTF_8)).build())
                .build();
    }

    private static Incoming of(Mqtt3Publish message) {
        return new Incoming(
                message.getTopic().toString(),
                message.getPayloadAsBytes(),
                message.getQos().getCode(),
                message.isRetain(),
                null,
                null,
                List.of(),
                message::acknowledge);
    }

    @Override
    public CompletableFuture<MillraceException> ended() {
        return ended;
    }

    @Override
    public int[] subscribe(List<String> filters, int qos) {
        var subscriptions = new ArrayList<Mqtt3Subscription>();
        for (String filter : filters) {
            subscriptions.add(
                    Mqtt3Subscription.builder().topicFilter(filter).qos(quality(qos)).build());
        }
        var subscribe = Mqtt3Subscribe.builder().addSubscriptions(subscriptions).build();
        try {
            return granted(
                    Waiting.answer(
                            client.subscribe(subscribe), ended, "SUBSCRIBE", Transport.PATIENCE));
        } catch (ExecutionException e) {
            if (BrokerFailure.unwrapped(e) instanceof Mqtt3SubAckException refused) {
                return granted(refused.getMqttMessage());
            }
            throw BrokerFailure.ofLoss(e, login, spec);
        }
    }

    private static int[] granted(Mqtt3SubAck answer) {
        return answer.getReturnCodes().stream()
                .mapToInt(code -> code.isError() ? REFUSED : code.getCode())
                .toArray();
    }

    @Override
    public void unsubscribe(List<String> filters) {
        var unsubscribe = Mqtt3Unsubscribe.builder().topicFilter(filters.getFirst());
        for (String filter : filters.subList(1, filters.size())) {
            unsubscribe = unsubscribe.addTopicFilter(filter);
        }
        try {
            Waiting.answer(
                    client.unsubscribe(unsubscribe.build()).thenApply(_ -> true),
                    ended,
                    "UNSUBSCRIBE",
                    Transport.PATIENCE);
        } catch (ExecutionException e) {
            throw BrokerFailure.ofLoss(e, login, spec);
        }
    }

    @Override
    public CompletionStage<?> publish(Outgoing message) {
        return client.publish(
                Mqtt3Publish.builder()
                        .topic(message.topic())
                        .payload(message.payload())
                        .qos(quality(message.qos()))
                        .retain(message.isRetained())
                        .build());
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
        Transport.close(client.getState(), client.disconnect());
    }

    @Override
    public String version() {
        return "MQTT 3.1.1";
    }
}
