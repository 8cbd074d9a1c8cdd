package io.millrace.app;

import java.util.Locale;
import java.util.Optional;

/** Every setting, with its default and what it is for. The reference in docs/ is made of this. */
enum ConfigKey {
    DATA("data", "~/.millrace", "folder that holds everything of this install"),
    CACHE(
            "cache",
            "~/.cache/millrace",
            "folder for what can be made again: Python environments, native libraries"),
    DISK_RESERVE(
            "disk.reserve",
            "512Mi",
            "room on the disk of the data folder that is kept free: with less, no records are taken"
                    + " until there is more"),
    HTTP_BIND("http.bind", "127.0.0.1", "address that serves HTTP; there is no login yet"),
    HTTP_PORT("http.port", "8080", "port of HTTP: management and inference API, metrics, health"),
    HTTP_MAX_BODY("http.max.body", "64Mi", "largest body of an inference request"),
    INFERENCE_TIMEOUT(
            "inference.timeout",
            "60s",
            "the most that an inference request may take, queueing included"),
    MODELS_ORIGINS(
            "models.origins",
            "https:",
            "from where model versions may be fetched, as beginnings of addresses, separated by"
                    + " commas: https://host/path/, s3://bucket/path/, file:/folder/; https: alone is"
                    + " every host with public addresses; a host that is named may be private and is"
                    + " reached only as its entries say"),
    MODELS_MEMORY(
            "models.memory",
            "auto",
            "memory for loaded models; those not in use make room; auto is half of what the machine"
                    + " has"),
    S3_ENDPOINT(
            "s3.endpoint",
            "",
            "object store that s3: addresses mean, such as http://minio:9000; empty is the embedded"
                    + " one for the buckets that the project has there, and Amazon's for others."
                    + " Credentials: environment variables AWS_ACCESS_KEY_ID and"
                    + " AWS_SECRET_ACCESS_KEY"),
    S3_REGION("s3.region", "us-east-1", "region with which requests to it are signed"),
    S3_PORT(
            "s3.port",
            "9000",
            "port of S3, for clients of the embedded object store; off leaves the store to the server"
                    + " alone"),
    S3_BIND(
            "s3.bind",
            "127.0.0.1",
            "address that serves S3; requests are signed by users of projects, and not encrypted"),
    BUCKETS_ENDPOINTS(
            "buckets.endpoints",
            "https:",
            "where object stores of data sources and outputs may be, separated by commas: endpoints"
                    + " such as http://minio:9000, which may have private addresses; https: alone is"
                    + " every host with public addresses"),
    MQTT_BIND("mqtt.bind", "0.0.0.0", "address that serves MQTT with client certificates"),
    MQTT_PORT("mqtt.port", "1883", "port of MQTT with TLS and client certificates"),
    MQTT_PLAIN_PORT("mqtt.plain.port", "off", "port of MQTT without TLS; off or a number"),
    MQTT_PLAIN_BIND(
            "mqtt.plain.bind",
            "127.0.0.1",
            "address that serves MQTT without TLS; any but this machine's own opens it to the"
                    + " network, unencrypted, and then mqtt.plain.project must say whose it is"),
    MQTT_PLAIN_PROJECT(
            "mqtt.plain.project",
            "",
            "project of clients without TLS; empty is what the user name says, else default"),
    MQTT_PLAIN_POLICY(
            "mqtt.plain.policy",
            "anonymous",
            "who may come without TLS: anonymous is everybody, password is users of data sources"),
    MQTT_LOGIN_PORT(
            "mqtt.login.port",
            "off",
            "port of MQTT with TLS and users of data sources, who need no client certificate; off or"
                    + " a number, commonly 8883"),
    MQTT_LOGIN_BIND("mqtt.login.bind", "0.0.0.0", "address that serves MQTT with TLS and users"),
    MQTT_LOGIN_PROJECT(
            "mqtt.login.project",
            "default",
            "project of users who come with TLS; the user name project/user names another"),
    KAFKA_PORT("kafka.port", "9092", "port of the embedded Kafka, on 127.0.0.1"),
    KAFKA_BOOTSTRAP(
            "kafka.bootstrap",
            "",
            "host:port,… of an external Kafka; empty means the embedded one"),
    KAFKA_PARTITIONS("kafka.partitions", "4", "partitions of each new topic"),
    KAFKA_REPLICATION("kafka.replication", "1", "copies of each new topic on an external Kafka"),
    KAFKA_AUTO_CREATE_TOPICS(
            "kafka.auto.create.topics",
            "true",
            "whether clients of the embedded Kafka make topics by using them, up to 1000 topics;"
                    + " names that Millrace keeps for itself are never made this way"),
    KAFKA_EXTRA_PORT(
            "kafka.extra.port",
            "off",
            "another port of the embedded Kafka, such as 9094, for clients that expect it; off or a"
                    + " number"),
    KAFKA_EXTRA_BIND(
            "kafka.extra.bind",
            "127.0.0.1",
            "address that serves the extra port; any but this machine's own opens the log to the"
                    + " network, unencrypted and without login"),
    KAFKA_EXTRA_HOST(
            "kafka.extra.host",
            "",
            "host name that clients of the extra port are told to connect to; empty is its address"),
    TRAINING_WORKERS("training.workers", "1", "how many models are trained at a time"),
    TRAINING_CONFINEMENT(
            "training.confinement",
            "required",
            "required: where the kernel cannot lock the code of users in, nothing is trained; auto:"
                    + " what the kernel has is applied, and nothing is trained where that fails;"
                    + " best-effort: it is trained with what can be applied; the log and each run"
                    + " say what cannot"),
    EVENTS_PORT(
            "events.port",
            "off",
            "port of its own on which object stores post their events to any path, such as 5001;"
                    + " the server's own port takes them below /projects in any case"),
    EVENTS_BIND("events.bind", "127.0.0.1", "address that serves that port"),
    EVENTS_TLS(
            "events.tls",
            "false",
            "true to have that port speak TLS with the server's certificate; senders may then show"
                    + " certificates of this install"),
    KAFKAML_ENABLED(
            "kafkaml.enabled",
            "false",
            "whether clients of Kafka-ML are served: its REST interface on a port of its own"),
    KAFKAML_PORT("kafkaml.port", "8000", "port of that interface"),
    KAFKAML_BIND(
            "kafkaml.bind", "127.0.0.1", "address that serves that interface; there is no login"),
    KAFKAML_PROJECT(
            "kafkaml.project",
            "default",
            "project whose models and experiments it shows, for Kafka-ML knows none"),
    TRACING_ENDPOINT(
            "tracing.endpoint",
            "",
            "collector that takes traces as OTLP over HTTP, such as http://127.0.0.1:4318; empty is"
                    + " no traces"),
    TRACING_SAMPLE(
            "tracing.sample",
            "0",
            "share of records and inference requests to trace, 0 to 1, of those that come without a"
                    + " traceparent; one that comes with it is traced when it says so");

    /** Settings with this prefix go to Kafka clients as they are. */
    static final String KAFKA_CLIENT_PREFIX = "kafka.client.";

    private final String key;
    private final String defaultValue;
    private final String purpose;

    ConfigKey(String key, String defaultValue, String purpose) {
        this.key = key;
        this.defaultValue = defaultValue;
        this.purpose = purpose;
    }

    /** As written in the configuration file. */
    String key() {
        return key;
    }

    /** As written on the command line. */
    String flag() {
        return "--" + key.replace('.', '-');
    }

    String defaultValue() {
        return defaultValue;
    }

    String purpose() {
        return purpose;
    }

    static Optional<ConfigKey> find(String key) {
        for (ConfigKey candidate : values()) {
            if (candidate.key.equals(key.toLowerCase(Locale.ROOT))) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    static Optional<ConfigKey> findFlag(String flag) {
        for (ConfigKey candidate : values()) {
            if (candidate.flag().equals(flag)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }
}
