package io.millrace.codec;

import io.millrace.api.BucketConnection;
import io.millrace.api.KafkaConnection;
import io.millrace.api.MqttConnection;
import io.millrace.api.ResourceName;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Brokers and clusters that are not ours, among the fields of a source or an output. */
final class ConnectionCodec {
    private static final Duration LEAST_KEEP_ALIVE = Duration.ofSeconds(1);
    private static final Duration MOST_KEEP_ALIVE = Duration.ofSeconds(65_535);
    private static final Map<String, Integer> PORTS = Map.of("mqtt", 1883, "mqtts", 8883);
    private static final Pattern BOOTSTRAP =
            Pattern.compile("[^,:\\s]+:\\d{1,5}(,[^,:\\s]+:\\d{1,5})*");
    private static final Set<String> MECHANISMS = Set.of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512");

    private static final String AMAZON = "aws";
    private static final Set<String> WEB = Set.of("http", "https");
    private static final Pattern REGION = Pattern.compile("[a-zA-Z0-9-]{1,64}");
    private static final Map<String, Addressing> ADDRESSINGS = Words.of(Addressing.values());

    /** Where a request names the bucket. */
    private enum Addressing {
        PATH,
        HOST
    }

    private ConnectionCodec() {}

    /** The broker that {@code url} names; empty for the embedded one. */
    static Optional<MqttConnection> mqtt(Fields fields) {
        Value url = fields.optional("url");
        Value secret = fields.optional("secret");
        Value clientId = fields.optional("clientId");
        Value keepAlive = fields.optional("keepAlive");
        if (!url.isPresent()) {
            for (Value extra : new Value[] {secret, clientId, keepAlive}) {
                if (extra.isPresent()) {
                    extra.problem("only another broker has it; 'url' says which");
                }
            }
            return Optional.empty();
        }
        String text = url.filledText();
        problemOfUrl(text).ifPresent(url::problem);
        return Optional.of(
                new MqttConnection(
                        text,
                        secret(secret),
                        clientId.isPresent() ? clientId.filledText() : "",
                        keepAlive.duration(
                                MqttConnection.DEFAULT_KEEP_ALIVE,
                                LEAST_KEEP_ALIVE,
                                MOST_KEEP_ALIVE)));
    }

    private static Optional<ResourceName> secret(Value secret) {
        return secret.isPresent() ? Optional.of(secret.name("secret")) : Optional.empty();
    }

    private static Optional<String> problemOfUrl(String text) {
        try {
            var url = new URI(text);
            if (url.getUserInfo() != null) {
                return Optional.of(
                        "a URL must not hold a password: put user and password into a secret and"
                                + " name it in 'secret'");
            }
            boolean good =
                    url.getScheme() != null
                            && PORTS.containsKey(url.getScheme())
                            && url.getHost() != null
                            && (url.getPath() == null || url.getPath().isEmpty());
            if (good) {
                return Optional.empty();
            }
        } catch (URISyntaxException e) {
            // not a URL at all: said below
        }
        return Optional.of(
                "expected mqtt://host:port or mqtts://host:port, got '"
                        + DocumentParser.shorten(text)
                        + "'");
    }

    /** The cluster that {@code bootstrap} names; empty for the log itself. */
    static Optional<KafkaConnection> kafka(Fields fields) {
        Value bootstrap = fields.optional("bootstrap");
        Value secret = fields.optional("secret");
        Value mechanism = fields.optional("mechanism");
        Value tls = fields.optional("tls");
        Value properties = fields.optional("properties");
        if (!bootstrap.isPresent()) {
            for (Value extra : new Value[] {secret, mechanism, tls, properties}) {
                if (extra.isPresent()) {
                    extra.problem("only another cluster has it; 'bootstrap' says which");
                }
            }
            return Optional.empty();
        }
        String text = bootstrap.filledText();
        if (!BOOTSTRAP.matcher(text).matches()) {
            bootstrap.problem(
                    "expected host:port, several with commas, got '"
                            + DocumentParser.shorten(text)
                            + "'");
        }
        Optional<String> chosen =
                mechanism.isPresent() ? Optional.of(mechanism.filledText()) : Optional.empty();
        if (chosen.isPresent() && !MECHANISMS.contains(chosen.get())) {
            mechanism.problem("expected PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512");
        }
        if (chosen.isPresent() && !secret.isPresent()) {
            mechanism.problem("a mechanism needs a secret with user and password");
        }
        return Optional.of(
                new KafkaConnection(
                        text, secret(secret), chosen, tls.bool(false), texts(properties)));
    }

    /** The object store that {@code endpoint} names; empty for the embedded one. */
    static Optional<BucketConnection> bucket(Fields fields) {
        Value endpoint = fields.optional("endpoint");
        Value region = fields.optional("region");
        Value secret = fields.optional("secret");
        Value addressing = fields.optional("addressing");
        if (!endpoint.isPresent()) {
            for (Value extra : new Value[] {region, secret, addressing}) {
                if (extra.isPresent()) {
                    extra.problem(
                            "only another store has it; 'endpoint' says which, and aws is Amazon's");
                }
            }
            return Optional.empty();
        }
        String text = endpoint.filledText();
        if (!text.equals(AMAZON)) {
            problemOfStore(text).ifPresent(endpoint::problem);
        }
        String named = region.isPresent() ? region.filledText() : BucketConnection.DEFAULT_REGION;
        if (!REGION.matcher(named).matches()) {
            region.problem("a region has letters, digits and '-', such as us-east-1");
        }
        return Optional.of(
                new BucketConnection(
                        text.equals(AMAZON) ? "" : text,
                        named,
                        secret(secret),
                        addressing.choice("addressing", ADDRESSINGS, Set.of()) == Addressing.PATH));
    }

    private static Optional<String> problemOfStore(String text) {
        try {
            var url = new URI(text);
            if (url.getUserInfo() != null) {
                return Optional.of(
                        "an endpoint must not hold a password: put accessKey and secretKey into a"
                                + " secret and name it in 'secret'");
            }
            boolean isRoot =
                    url.getRawPath() == null
                            || url.getRawPath().isEmpty()
                            || url.getRawPath().equals("/");
            if (url.getScheme() != null
                    && WEB.contains(url.getScheme())
                    && url.getHost() != null
                    && isRoot
                    && url.getRawQuery() == null
                    && url.getRawFragment() == null) {
                return Optional.empty();
            }
        } catch (URISyntaxException e) {
            // not a URL at all: said below
        }
        return Optional.of(
                "expected http://host:port, https://host:port or aws, got '"
                        + DocumentParser.shorten(text)
                        + "'");
    }

    private static Map<String, String> texts(Value properties) {
        var texts = new LinkedHashMap<String, String>();
        properties
                .map()
                .forEach((name, value) -> {
                    KafkaProperties.problem(name).ifPresent(value::problem);
                    texts.put(name, value.looseText());
                });
        return texts;
    }

    /** Adds what {@link #mqtt} reads. */
    static void write(MqttConnection broker, Node.MapBuilder map) {
        map.put("url", broker.url());
        broker.secret().ifPresent(name -> map.put("secret", name.value()));
        if (!broker.clientId().isEmpty()) {
            map.put("clientId", broker.clientId());
        }
        if (!broker.keepAlive().equals(MqttConnection.DEFAULT_KEEP_ALIVE)) {
            map.put("keepAlive", Durations.format(broker.keepAlive()));
        }
    }

    /** Adds what {@link #kafka} reads. */
    static void write(KafkaConnection cluster, Node.MapBuilder map) {
        map.put("bootstrap", cluster.bootstrap());
        cluster.secret().ifPresent(name -> map.put("secret", name.value()));
        cluster.mechanism().ifPresent(name -> map.put("mechanism", name));
        if (cluster.isTls()) {
            map.put("tls", true);
        }
        if (!cluster.properties().isEmpty()) {
            map.put("properties", Trees.textMap(cluster.properties()));
        }
    }

    /** Adds what {@link #bucket} reads. */
    static void write(BucketConnection store, Node.MapBuilder map) {
        map.put("endpoint", store.endpoint().isEmpty() ? AMAZON : store.endpoint());
        if (!store.region().equals(BucketConnection.DEFAULT_REGION)) {
            map.put("region", store.region());
        }
        store.secret().ifPresent(name -> map.put("secret", name.value()));
        if (!store.isPathStyle()) {
            map.put("addressing", "host");
        }
    }
}
