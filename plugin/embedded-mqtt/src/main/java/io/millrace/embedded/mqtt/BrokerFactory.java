package io.millrace.embedded.mqtt;

import io.millrace.embedded.mqtt.EmbeddedMqttConfig.ClientCertificates;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Keys;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Listener;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.activemq.artemis.api.core.BaseInterceptor;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.TransportConfiguration;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.WildcardConfiguration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.protocol.mqtt.GuardedMqttProtocol;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTProtocolManagerFactory;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTUtil;
import org.apache.activemq.artemis.core.remoting.impl.netty.TransportConstants;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.settings.impl.AddressFullMessagePolicy;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.apache.activemq.artemis.spi.core.protocol.ProtocolManager;

/** Sets Artemis up: what is switched off here has bitten before. */
final class BrokerFactory {

    private static final String ACCEPTOR_PREFIX = "mqtt-";

    /** Where expired messages go to be forgotten: a queue that keeps one. */
    private static final String GONE = "$millrace.gone";

    /** How long the journal waits for more records before it writes, in nanoseconds. */
    private static final int JOURNAL_BUFFER_NANOS = 100_000;

    private static final int JOURNAL_BUFFER_BYTES = 512 << 10;
    private static final int JOURNAL_FILE_BYTES = 8 << 20;
    private static final int PAGE_BYTES = 1 << 20;
    private static final int LOCK_MILLIS = 2_000;

    private final EmbeddedMqttConfig config;

    BrokerFactory(EmbeddedMqttConfig config) {
        this.config = config;
    }

    /** What Artemis calls a listener. */
    static String acceptor(Listener listener) {
        return ACCEPTOR_PREFIX + listener.name();
    }

    WatchedServer create(Supplier<ConnectionHandler> handlers) {
        var server = new WatchedServer(configuration());
        server.addProtocolManagerFactory(new GuardedFactory(handlers));
        return server;
    }

    private Configuration configuration() {
        Path home = config.directory().toAbsolutePath();
        var configuration =
                new ConfigurationImpl()
                        .setName("millrace")
                        .setPersistenceEnabled(true)
                        .setJournalType(JournalType.NIO)
                        .setJournalDirectory(home.resolve("journal").toString())
                        .setBindingsDirectory(home.resolve("bindings").toString())
                        .setPagingDirectory(home.resolve("paging").toString())
                        .setLargeMessagesDirectory(home.resolve("large").toString())
                        .setSecurityEnabled(false)
                        .setJMXManagementEnabled(false)
                        .setResolveProtocols(false);
        // Written to the operating system before it is acknowledged; not forced to disk.
        configuration.setJournalSyncTransactional(true);
        configuration.setJournalSyncNonTransactional(true);
        configuration.setJournalDatasync(false);
        configuration.setJournalBufferTimeout_NIO(JOURNAL_BUFFER_NANOS);
        configuration.setJournalBufferSize_NIO(JOURNAL_BUFFER_BYTES);
        configuration.setJournalFileSize(JOURNAL_FILE_BYTES);
        configuration.setJournalMinFiles(2);
        configuration.setJournalPoolFiles(4);
        configuration.setJournalLockAcquisitionTimeout(LOCK_MILLIS);
        configuration.setPageSyncTimeout(JOURNAL_BUFFER_NANOS);
        // It stops the broker, or the JVM, when a disk is slow.
        configuration.setCriticalAnalyzer(false);
        // It blocks all publishers when the disk is nearly full, whoever filled it.
        configuration.setMaxDiskUsage(-1);
        configuration.setGlobalMaxSize(config.limits().totalInMemory().bytes());
        configuration.setThreadPoolMaxSize(16);
        configuration.setScheduledThreadPoolMaxSize(2);
        // The same signs as MQTT, so that no topic is ever converted.
        configuration.setWildCardConfiguration(
                new WildcardConfiguration().setDelimiter('/').setAnyWords('#').setSingleWord('+'));
        configuration.setAddressSettings(
                new HashMap<>(
                        Map.of(
                                "#",
                                subscriberSettings(),
                                MQTTUtil.MQTT_SESSION_STORE,
                                internalSettings(),
                                GONE,
                                internalSettings())));
        configuration.addQueueConfiguration(
                QueueConfiguration.of(GONE)
                        .setRoutingType(RoutingType.ANYCAST)
                        .setDurable(false)
                        .setRingSize(1L));
        addAcceptors(configuration);
        return configuration;
    }

    private AddressSettings subscriberSettings() {
        return new AddressSettings()
                .setAddressFullMessagePolicy(AddressFullMessagePolicy.PAGE)
                .setMaxSizeBytes(config.limits().queuedInMemory().bytes())
                .setPageSizeBytes(PAGE_BYTES)
                .setMaxReadPageBytes(2 * PAGE_BYTES)
                .setPrefetchPageBytes(PAGE_BYTES)
                .setMaxDeliveryAttempts(-1)
                .setDeadLetterAddress(SimpleString.of(GONE))
                .setExpiryAddress(SimpleString.of(GONE))
                .setAutoCreateAddresses(true)
                .setAutoDeleteAddresses(true);
    }

    private static AddressSettings internalSettings() {
        return new AddressSettings()
                .setAddressFullMessagePolicy(AddressFullMessagePolicy.PAGE)
                .setMaxSizeBytes(-1)
                .setMaxDeliveryAttempts(-1)
                .setDeadLetterAddress(SimpleString.of(GONE))
                .setExpiryAddress(SimpleString.of(GONE));
    }

    private void addAcceptors(Configuration configuration) {
        for (Listener listener : config.listeners()) {
            Map<String, Object> parameters = parameters(listener.bind(), listener.port());
            Keys keys = listener.keys();
            if (keys != null) {
                addTls(parameters, keys);
                if (listener.policy() instanceof ClientCertificates) {
                    addClientCertificates(parameters, keys);
                }
            }
            configuration.addAcceptorConfiguration(
                    new TransportConfiguration(
                            MqttAcceptorFactory.class.getName(),
                            parameters,
                            acceptor(listener),
                            new HashMap<>()));
        }
    }

    private static void addTls(Map<String, Object> parameters, Keys keys) {
        parameters.put(TransportConstants.SSL_ENABLED_PROP_NAME, true);
        parameters.put(TransportConstants.ENABLED_PROTOCOLS_PROP_NAME, "TLSv1.2,TLSv1.3");
        parameters.put(TransportConstants.KEYSTORE_TYPE_PROP_NAME, "PKCS12");
        parameters.put(TransportConstants.KEYSTORE_PATH_PROP_NAME, keys.keyStore().toString());
        parameters.put(TransportConstants.KEYSTORE_PASSWORD_PROP_NAME, keys.password());
    }

    private static void addClientCertificates(Map<String, Object> parameters, Keys keys) {
        parameters.put(TransportConstants.NEED_CLIENT_AUTH_PROP_NAME, true);
        parameters.put(TransportConstants.TRUSTSTORE_TYPE_PROP_NAME, "PKCS12");
        parameters.put(TransportConstants.TRUSTSTORE_PATH_PROP_NAME, keys.trustStore().toString());
        parameters.put(TransportConstants.TRUSTSTORE_PASSWORD_PROP_NAME, keys.password());
    }

    private static Map<String, Object> parameters(String address, int port) {
        var parameters = new HashMap<String, Object>();
        parameters.put(TransportConstants.HOST_PROP_NAME, address);
        parameters.put(TransportConstants.PORT_PROP_NAME, port);
        // Otherwise Artemis' own protocol, without our rules, listens here too.
        parameters.put(
                TransportConstants.PROTOCOLS_PROP_NAME,
                MQTTProtocolManagerFactory.MQTT_PROTOCOL_NAME);
        parameters.put(TransportConstants.QUIET_PERIOD, 0);
        parameters.put(TransportConstants.SHUTDOWN_TIMEOUT, 0);
        return parameters;
    }

    private final class GuardedFactory extends MQTTProtocolManagerFactory {

        private final Supplier<ConnectionHandler> handlers;

        GuardedFactory(Supplier<ConnectionHandler> handlers) {
            this.handlers = handlers;
        }

        @Override
        @SuppressWarnings("rawtypes") // as Artemis declares it
        public ProtocolManager createProtocolManager(
                ActiveMQServer server,
                Map<String, Object> parameters,
                List<BaseInterceptor> incoming,
                List<BaseInterceptor> outgoing)
                throws Exception {
            int packet = Math.toIntExact(config.limits().packet().bytes());
            var manager = new GuardedMqttProtocol(server, handlers, packet);
            manager.setServerKeepAlive(-1);
            manager.setTopicAliasMaximum(0);
            manager.setMaximumPacketSize(packet);
            manager.setDefaultMaximumInFlightPublishMessages(config.limits().unacknowledged());
            return manager;
        }
    }
}
