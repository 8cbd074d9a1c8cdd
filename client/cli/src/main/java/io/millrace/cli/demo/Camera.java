package io.millrace.cli.demo;

import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * A device as users have it: connects over TLS with its certificate, publishes pictures and listens
 * for the answers.
 */
final class Camera implements AutoCloseable {

    private static final String PICTURES = "apparel_images";
    private static final String ANSWERS = "apparel-predict";
    private static final long LIMIT_SECONDS = 20;

    private final Mqtt5AsyncClient client;
    private final TimeSource time;
    private final Consumer<? super CameraEvent> listener;
    private volatile boolean closed;

    /**
     * A device.
     *
     * @param listener hears of everything; called on the client's threads, must be quick
     */
    Camera(
            String host,
            int port,
            ClientCertificate certificate,
            TimeSource time,
            Consumer<? super CameraEvent> listener) {
        this.time = time;
        this.listener = listener;
        this.client =
                Mqtt5Client.builder()
                        .identifier("demo-camera")
                        .serverHost(host)
                        .serverPort(port)
                        .sslConfig(
                                MqttClientSslConfig.builder()
                                        .keyManagerFactory(certificate.keys())
                                        .trustManagerFactory(certificate.trust())
                                        .protocols(List.of("TLSv1.3", "TLSv1.2"))
                                        .build())
                        .addDisconnectedListener(
                                context -> broken("disconnected: " + reason(context.getCause())))
                        .buildAsync();
    }

    /** Connects and subscribes to the answers. */
    void connect() {
        await("connect", client.connectWith().cleanStart(true).keepAlive(30).send());
        await(
                "subscribe to " + ANSWERS,
                client.subscribeWith()
                        .topicFilter(ANSWERS)
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .callback(message ->
                                listener.accept(
                                        new CameraEvent.Answer(
                                                message.getPayloadAsBytes(), time.nanoTime())))
                        .send());
    }

    /** Sends a picture; a failure is told to the listener. */
    void publish(byte[] message) {
        CompletableFuture<?> _ =
                client.publishWith()
                        .topic(PICTURES)
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .payload(message)
                        .send()
                        .whenComplete((result, failure) -> {
                            if (failure != null) {
                                broken("a picture could not be published: " + reason(failure));
                            } else {
                                result.getError()
                                        .ifPresent(refused ->
                                                broken(
                                                        "a picture was refused: "
                                                                + reason(refused)));
                            }
                        });
    }

    @Override
    public void close() {
        closed = true;
        if (client.getState().isConnected()) {
            try {
                client.disconnect().get(LIMIT_SECONDS / 10, TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException _) {
                // It is gone either way.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void broken(String reason) {
        if (!closed) {
            listener.accept(new CameraEvent.Broken(reason));
        }
    }

    private static void await(String what, CompletableFuture<?> future) {
        try {
            future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "the MQTT client cannot " + what + ": " + reason(e), e);
        } catch (TimeoutException e) {
            throw new MillraceException(
                    ErrorCode.TIMEOUT,
                    "the MQTT client could not " + what + " within " + LIMIT_SECONDS + " s",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.UNAVAILABLE, "interrupted", e);
        }
    }

    /** The innermost cause says most: the outer ones only say that something failed. */
    private static String reason(Throwable failure) {
        Throwable innermost = failure;
        while (innermost.getCause() != null) {
            innermost = innermost.getCause();
        }
        String message = innermost.getMessage();
        return message == null ? innermost.getClass().getSimpleName() : message;
    }
}
