package io.millrace.log.kafka;

import io.millrace.api.KafkaConnection;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import io.millrace.spi.AppendListener;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogClusters;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogReader;
import io.millrace.spi.Meters;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.Secrets;
import io.millrace.spi.Secrets.Secret;
import io.millrace.spi.StreamLog;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ObjLongConsumer;

/**
 * Other Kafka clusters, each with one set of clients however many sources and outputs use it. A
 * secret that was changed makes another set for those who open it from then on.
 */
public final class KafkaClusters implements LogClusters, AutoCloseable {
    private final Secrets secrets;
    private final TimeSource time;
    private final ObjLongConsumer<String> removed;
    private final Map<KafkaLogConfig, Shared> open = new HashMap<>();

    /** Knows no cluster yet. */
    public KafkaClusters(Secrets secrets, TimeSource time) {
        this(secrets, time, (_, _) -> {});
    }

    /**
     * Knows no cluster yet, and counts records that were removed there before anybody read them.
     *
     * @param meters where numbers go
     */
    public KafkaClusters(Secrets secrets, TimeSource time, Meters meters) {
        this(secrets, time, KafkaStreamLog.counting(meters));
    }

    private KafkaClusters(Secrets secrets, TimeSource time, ObjLongConsumer<String> removed) {
        this.secrets = secrets;
        this.time = time;
        this.removed = removed;
    }

    private static final class Shared {
        private final StreamLog log;
        private int users;

        Shared(StreamLog log) {
            this.log = log;
        }
    }

    @Override
    public StreamLog open(ProjectId project, KafkaConnection cluster) {
        KafkaLogConfig config =
                KafkaLogConfig.ofCluster(cluster.bootstrap(), properties(project, cluster));
        synchronized (this) {
            Shared shared =
                    open.computeIfAbsent(
                            config, key -> new Shared(KafkaStreamLog.open(key, time, removed)));
            shared.users++;
            return new Handle(config, shared);
        }
    }

    private Map<String, String> properties(ProjectId project, KafkaConnection cluster) {
        var properties = new HashMap<>(cluster.properties());
        Secret secret =
                cluster.secret()
                        .map(name ->
                                secrets.find(project, name)
                                        .orElseThrow(() ->
                                                MillraceException.invalid(
                                                        ("there is no secret '%s' in project"
                                                                        + " '%s'; make it with"
                                                                        + " millrace secrets set")
                                                                .formatted(name, project))))
                        .orElse(new Secret(Map.of()));
        boolean isSasl = cluster.mechanism().isPresent();
        properties.put(
                "security.protocol",
                isSasl
                        ? cluster.isTls() ? "SASL_SSL" : "SASL_PLAINTEXT"
                        : cluster.isTls() ? "SSL" : "PLAINTEXT");
        cluster.mechanism()
                .ifPresent(mechanism -> {
                    properties.put("sasl.mechanism", mechanism);
                    properties.put("sasl.jaas.config", login(mechanism, secret));
                });
        if (cluster.isTls()) {
            certificates(secret, properties);
        }
        return properties;
    }

    private static String login(String mechanism, Secret secret) {
        String module =
                mechanism.equals("PLAIN")
                        ? "org.apache.kafka.common.security.plain.PlainLoginModule"
                        : "org.apache.kafka.common.security.scram.ScramLoginModule";
        return "%s required username=\"%s\" password=\"%s\";"
                .formatted(
                        module, quoted(secret.require("user")), quoted(secret.require("password")));
    }

    private static String quoted(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    private static void certificates(Secret secret, Map<String, String> properties) {
        secret.value("ca")
                .ifPresent(pem -> {
                    properties.put("ssl.truststore.type", "PEM");
                    properties.put("ssl.truststore.certificates", pem);
                });
        if (secret.value("certificate").isPresent()) {
            properties.put("ssl.keystore.type", "PEM");
            properties.put("ssl.keystore.certificate.chain", secret.require("certificate"));
            properties.put("ssl.keystore.key", secret.require("key"));
        }
    }

    private void giveBack(KafkaLogConfig config, Shared shared) {
        synchronized (this) {
            shared.users--;
            if (shared.users > 0 || !open.remove(config, shared)) {
                return;
            }
        }
        shared.log.close();
    }

    /** Ends all connections, given back or not. */
    @Override
    public void close() {
        Collection<Shared> all;
        synchronized (this) {
            all = java.util.List.copyOf(open.values());
            open.clear();
        }
        all.forEach(shared -> shared.log.close());
    }

    /** What one user of a cluster holds. */
    private final class Handle implements StreamLog {
        private final KafkaLogConfig config;
        private final Shared shared;
        private final AtomicBoolean isClosed = new AtomicBoolean();

        Handle(KafkaLogConfig config, Shared shared) {
            this.config = config;
            this.shared = shared;
        }

        @Override
        public void ensureTopics(Collection<String> topics) {
            shared.log.ensureTopics(topics);
        }

        @Override
        public void append(OutgoingRecord record, AppendListener listener) {
            shared.log.append(record, listener);
        }

        @Override
        public LogConsumer consumer(ConsumerSpec spec) {
            return shared.log.consumer(spec);
        }

        @Override
        public LogReader reader(int maxRecords) {
            return shared.log.reader(maxRecords);
        }

        @Override
        public void removeGroup(String group) {
            shared.log.removeGroup(group);
        }

        @Override
        public void close() {
            if (isClosed.compareAndSet(false, true)) {
                giveBack(config, shared);
            }
        }
    }
}
