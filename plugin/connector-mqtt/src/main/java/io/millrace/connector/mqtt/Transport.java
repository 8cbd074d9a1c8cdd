package io.millrace.connector.mqtt;

import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttClientState;
import com.hivemq.client.mqtt.MqttClientTransportConfig;
import io.millrace.api.MillraceException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How both versions of MQTT reach a broker. */
final class Transport {
    /** For the broker's answer to what is not a message. */
    static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final Logger log = LoggerFactory.getLogger(Transport.class);
    private static final long CONNECT_SECONDS = 10;
    private static final Duration GOODBYE = Duration.ofSeconds(2);

    private Transport() {}

    static MqttClientTransportConfig of(BrokerLogin login) {
        BrokerAddress address = login.address();
        var config =
                MqttClientTransportConfig.builder()
                        .serverHost(address.host())
                        .serverPort(address.port())
                        .socketConnectTimeout(CONNECT_SECONDS, TimeUnit.SECONDS)
                        .mqttConnectTimeout(CONNECT_SECONDS, TimeUnit.SECONDS);
        TlsMaterial tls = login.tls();
        return tls == null ? config.build() : config.sslConfig(of(tls)).build();
    }

    /** The host's name is checked: the library does so unless told otherwise. */
    private static MqttClientSslConfig of(TlsMaterial tls) {
        return MqttClientSslConfig.builder()
                .trustManagerFactory(tls.trust())
                .keyManagerFactory(tls.keys())
                .handshakeTimeout(CONNECT_SECONDS, TimeUnit.SECONDS)
                .build();
    }

    /** Waits a short time for the end of a connection; one that has ended already is fine. */
    static void close(MqttClientState state, CompletionStage<?> goodbye) {
        try {
            Waiting.answer(goodbye.thenApply(_ -> true), "DISCONNECT", GOODBYE);
        } catch (ExecutionException | MillraceException e) {
            log.debug("the connection was {} when it was to be closed", state, e);
        }
    }
}
