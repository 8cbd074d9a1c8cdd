package io.millrace.management.http;

import io.millrace.api.Kind;
import java.util.Arrays;
import tools.jackson.databind.node.ObjectNode;

/** The schemas of {@code spec}, one for each kind, as the resource reader takes it. */
final class SpecSchemas {
    private static final String[] MQTT_BROKER = {
        "url", "string", "secret", "string", "clientId", "string", "keepAlive", "string"
    };
    private static final String[] KAFKA_CLUSTER = {
        "bootstrap",
        "string",
        "secret",
        "string",
        "mechanism",
        "string",
        "tls",
        "boolean",
        "properties",
        "{string}"
    };

    private static final String[] OBJECT_STORE = {
        "endpoint", "string", "region", "string", "secret", "string", "addressing", "string"
    };
    private static final String[] BUCKET_FILTER = {
        "bucket",
        "string",
        "prefix",
        "string",
        "suffix",
        "string",
        "regex",
        "string",
        "ignoreCase",
        "boolean",
        "metadata",
        "{string}",
        "tags",
        "{string}",
        "events",
        "[string]",
        "atLeast",
        "string",
        "atMost",
        "string"
    };

    private SpecSchemas() {}

    private static String[] with(String[] shared, String... own) {
        String[] all = Arrays.copyOf(shared, shared.length + own.length);
        System.arraycopy(own, 0, all, shared.length, own.length);
        return all;
    }

    static void add(ObjectNode schemas, Kind kind) {
        switch (kind) {
            case PROJECT -> project(schemas);
            case CATEGORY ->
                    ApiSchemas.add(
                            schemas, "CategorySpec", "description", "string", "values", "[string]");
            case DATA_SOURCE -> dataSource(schemas);
            case FUNCTION -> function(schemas);
            case MODEL -> model(schemas);
            case INFERENCE_GRAPH -> inferenceGraph(schemas);
            case PIPELINE -> pipeline(schemas);
            case MODEL_DEFINITION ->
                    ApiSchemas.add(
                            schemas,
                            "ModelDefinitionSpec",
                            "library",
                            "string",
                            "imports",
                            "string",
                            "source",
                            "#FunctionSource",
                            "requirements",
                            "[string]");
            case DATASET -> TrainingSchemas.dataset(schemas);
            case EXPERIMENT -> TrainingSchemas.experiment(schemas);
            case TRAINING_RUN -> TrainingSchemas.run(schemas);
        }
    }

    private static void project(ObjectNode schemas) {
        ApiSchemas.add(
                schemas,
                "ProjectSpec",
                "description",
                "string",
                "members",
                "[#Member]",
                "serviceDomains",
                "[string]");
        ApiSchemas.add(schemas, "Member", "user", "string", "role", "string");
    }

    private static void dataSource(ObjectNode schemas) {
        ApiSchemas.add(
                schemas,
                "DataSourceSpec",
                "mqtt",
                "#MqttSource",
                "kafka",
                "#KafkaSource",
                "bucket",
                "#BucketSource",
                "fields",
                "[#Field]",
                "categories",
                "{string}");
        ApiSchemas.add(
                schemas,
                "Field",
                with(BUCKET_FILTER, "name", "string", "topic", "string", "categories", "{string}"));
        ApiSchemas.add(
                schemas,
                "MqttSource",
                with(
                        MQTT_BROKER,
                        "qos",
                        "integer",
                        "group",
                        "string",
                        "users",
                        "#MqttUsers",
                        "publish",
                        "[string]",
                        "subscribe",
                        "[string]",
                        "rate",
                        "integer"));
        ApiSchemas.add(schemas, "MqttUsers", "secret", "string");
        ApiSchemas.add(schemas, "KafkaSource", with(KAFKA_CLUSTER, "group", "string"));
        bucketSource(schemas);
    }

    private static void bucketSource(ObjectNode schemas) {
        ApiSchemas.add(
                schemas,
                "BucketSource",
                with(
                        OBJECT_STORE,
                        "events",
                        "#BucketEvents",
                        "setUp",
                        "string",
                        "address",
                        "string",
                        "target",
                        "string",
                        "keys",
                        "string",
                        "content",
                        "string",
                        "limit",
                        "string"));
        ApiSchemas.add(
                schemas,
                "BucketEvents",
                "http",
                "#BucketEventsHttp",
                "kafka",
                "#BucketEventsKafka",
                "poll",
                "string");
        ApiSchemas.add(schemas, "BucketEventsHttp", "secret", "string", "certificate", "string");
        ApiSchemas.add(
                schemas,
                "BucketEventsKafka",
                with(KAFKA_CLUSTER, "topic", "string", "group", "string"));
    }

    private static void function(ObjectNode schemas) {
        ApiSchemas.add(
                schemas,
                "FunctionSpec",
                "language",
                "string",
                "environment",
                "string",
                "requirements",
                "[string]",
                "source",
                "#FunctionSource",
                "parameters",
                "[#FunctionParameter]",
                "timeout",
                "string",
                "memory",
                "string");
        ApiSchemas.add(schemas, "FunctionSource", "file", "string", "inline", "string");
        ApiSchemas.add(schemas, "FunctionParameter", "name", "string", "type", "string");
    }

    private static void model(ObjectNode schemas) {
        ApiSchemas.add(
                schemas,
                "ModelSpec",
                "framework",
                "string",
                "versions",
                "[#DeclaredVersion]",
                "aliases",
                "{integer}",
                "batching",
                "#Batching",
                "traffic",
                "#TrafficRule",
                "signatureChange",
                "string",
                "monitor",
                "#Monitor",
                "transformer",
                "#Transformer");
        ApiSchemas.add(
                schemas,
                "Transformer",
                "function",
                "string",
                "workers",
                "integer",
                "protocol",
                "string",
                "args",
                "{string}",
                "arguments",
                "[string]",
                "environment",
                "{string}",
                "secret",
                "string",
                "reply",
                "string",
                "deduplicate",
                "string");
        DriftSchemas.addSpec(schemas);
        ApiSchemas.add(
                schemas,
                "DeclaredVersion",
                "version",
                "integer",
                "uri",
                "string",
                "storageUri",
                "string",
                "decode",
                "#Decode",
                "store",
                "#ObjectStore");
        ApiSchemas.add(
                schemas,
                "ObjectStore",
                "endpoint",
                "string",
                "region",
                "string",
                "secret",
                "string",
                "addressing",
                "string");
        ApiSchemas.add(
                schemas,
                "Batching",
                "maxBatchSize",
                "integer",
                "maxDelay",
                "string",
                "maxQueuedItems",
                "integer",
                "workers",
                "integer");
        traffic(schemas);
    }

    private static void traffic(ObjectNode schemas) {
        ApiSchemas.add(
                schemas,
                "TrafficRule",
                "byAlias",
                "#ByAlias",
                "pinned",
                "#Pinned",
                "canary",
                "#Canary",
                "shadow",
                "#Shadow");
        ApiSchemas.add(schemas, "ByAlias");
        ApiSchemas.add(schemas, "Pinned", "version", "integer");
        ApiSchemas.add(
                schemas,
                "Canary",
                "version",
                "integer",
                "percent",
                "integer",
                "stickyHeader",
                "string");
        ApiSchemas.add(schemas, "Shadow", "version", "integer", "percent", "integer");
    }

    private static void inferenceGraph(ObjectNode schemas) {
        ApiSchemas.add(schemas, "InferenceGraphSpec", "nodes", "{#GraphNode}");
        ApiSchemas.add(schemas, "GraphNode", "routerType", "string", "steps", "[#GraphStep]");
        ApiSchemas.add(
                schemas,
                "GraphStep",
                "name",
                "string",
                "model",
                "string",
                "version",
                "string",
                "serviceName",
                "string",
                "function",
                "string",
                "nodeName",
                "string",
                "data",
                "string",
                "weight",
                "integer",
                "condition",
                "string",
                "dependency",
                "string",
                "mapPredictionsToInstances",
                "boolean");
    }

    private static void pipeline(ObjectNode schemas) {
        ApiSchemas.add(
                schemas,
                "PipelineSpec",
                "from",
                "#From",
                "steps",
                "[#Step]",
                "to",
                "[#Output]",
                "delivery",
                "string",
                "onError",
                "#ErrorPolicy",
                "scale",
                "#Scale");
        ApiSchemas.add(
                schemas,
                "From",
                "categories",
                "{[string]}",
                "dataSource",
                "#NamedStreams",
                "pipeline",
                "string",
                "kafka",
                "#LogTopic",
                "start",
                "string");
        ApiSchemas.add(schemas, "NamedStreams", "name", "string", "fields", "[string]");
        ApiSchemas.add(schemas, "LogTopic", "topic", "string");
        ApiSchemas.add(
                schemas,
                "Output",
                "mqtt",
                "#MqttOutput",
                "kafka",
                "#KafkaOutput",
                "stream",
                "#Any",
                "bucket",
                "#BucketOutput");
        ApiSchemas.add(
                schemas,
                "BucketOutput",
                with(
                        OBJECT_STORE,
                        "action",
                        "string",
                        "bucket",
                        "string",
                        "key",
                        "string",
                        "create",
                        "boolean",
                        "batch",
                        "#BucketBatch"));
        ApiSchemas.add(
                schemas, "BucketBatch", "format", "string", "records", "integer", "time", "string");
        ApiSchemas.add(
                schemas,
                "MqttOutput",
                with(
                        MQTT_BROKER,
                        "topic",
                        "string",
                        "qos",
                        "integer",
                        "retain",
                        "boolean",
                        "reply",
                        "boolean"));
        ApiSchemas.add(
                schemas,
                "KafkaOutput",
                with(
                        KAFKA_CLUSTER,
                        "topic",
                        "string",
                        "reply",
                        "boolean",
                        "readers",
                        "[string]",
                        "replyTopics",
                        "integer",
                        "key",
                        "boolean"));
        ApiSchemas.add(
                schemas,
                "ErrorPolicy",
                "attempts",
                "integer",
                "backoff",
                "string",
                "deadLetter",
                "boolean");
        ApiSchemas.add(
                schemas, "Scale", "min", "integer", "max", "integer", "lag", "integer", "age",
                "string", "idle", "string");
        steps(schemas);
    }

    private static void steps(ObjectNode schemas) {
        ApiSchemas.add(
                schemas,
                "Step",
                "function",
                "#FunctionStep",
                "model",
                "#ModelStep",
                "predict",
                "#PredictStep",
                "window",
                "#WindowStep");
        ApiSchemas.add(
                schemas,
                "WindowStep",
                "key",
                "[string]",
                "value",
                "string",
                "time",
                "string",
                "timeUnit",
                "string",
                "size",
                "integer",
                "offset",
                "number",
                "divisor",
                "number",
                "prefix",
                "string",
                "gap",
                "string",
                "lookback",
                "string");
        ApiSchemas.add(schemas, "PredictStep", "model", "string", "version", "#VersionReference");
        ApiSchemas.add(schemas, "FunctionStep", "name", "string", "args", "{string}");
        ApiSchemas.add(
                schemas,
                "ModelStep",
                "name",
                "string",
                "select",
                "string",
                "of",
                "[string]",
                "version",
                "#VersionReference",
                "decode",
                "#Decode",
                "encode",
                "#Encode");
        schemas.putObject("VersionReference").putArray("type").add("string").add("integer");
        ApiSchemas.add(
                schemas,
                "Decode",
                "format",
                "string",
                "field",
                "string",
                "fields",
                "[string]",
                "type",
                "string",
                "scale",
                "number",
                "order",
                "string",
                "textNumbers",
                "boolean",
                "shape",
                "[integer]",
                "schema",
                "string",
                "image",
                "#Image");
        ApiSchemas.add(
                schemas,
                "Image",
                "height",
                "integer",
                "width",
                "integer",
                "colour",
                "string",
                "inverted",
                "boolean",
                "invert",
                "string",
                "resize",
                "string",
                "crop",
                "string",
                "layout",
                "string",
                "preset",
                "string",
                "mean",
                "[number]",
                "deviation",
                "[number]");
        ApiSchemas.add(
                schemas,
                "Encode",
                "format",
                "string",
                "labels",
                "[string]",
                "top",
                "integer",
                "echo",
                "[string]",
                "template",
                "string");
    }
}
