package io.millrace.cli.manifest;

import io.millrace.client.Problem;
import io.millrace.codec.archive.ModelFile;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The {@code server.json} of a model that is served over MQTT: one request topic, one response
 * topic, one model of series with six fields. It becomes a model, a data source and a pipeline.
 *
 * <p>In such a file the party that it belongs to publishes to {@code in_queue} and subscribes to
 * {@code out_queue}: of a server, {@code in_queue} takes the answers.
 */
final class ServiceConfiguration implements Dialect {

    private static final String REQUESTS = "/queue_info/out_queue";
    private static final String ANSWERS = "/queue_info/in_queue";
    private static final String URL = "/broker_service/url";
    private static final String PORT = "/broker_service/port";
    private static final String KEEP_ALIVE = "/broker_service/keepalive";
    private static final String CLIENT = "/client_info/id";
    private static final String MODEL = "/model/name";
    private static final String PATH = "/model/path";
    private static final int FIELDS = 6;
    private static final int MAX_SECONDS = 65_535;
    private static final String API_VERSION = "millrace.io/v1";

    private final boolean isExternal;

    /**
     * The dialect.
     *
     * @param isExternal whether the broker that the file names is to be used; else the embedded one
     *     takes its place
     */
    ServiceConfiguration(boolean isExternal) {
        this.isExternal = isExternal;
    }

    @Override
    public boolean recognises(ObjectNode tree) {
        return !tree.has("kind")
                && !tree.has("apiVersion")
                && Stream.of("client_info", "broker_service", "queue_info", "model")
                                .filter(tree::has)
                                .count()
                        >= 2;
    }

    @Override
    public List<ManifestDocument> translate(ManifestDocument document, List<Problem> problems) {
        int before = problems.size();
        var fields = new ServiceFields(document, problems);
        String modelName = fields.text(MODEL, "the key of the answers");
        String path = fields.text(PATH, "the model's file");
        String requests = fields.text(REQUESTS, "the topic that the server reads");
        String answers = fields.text(ANSWERS, "the topic that the server answers on");
        String client = fields.text(CLIENT, "the id of the MQTT client");
        String url = fields.text(URL, "the broker's address");
        int port = fields.number(PORT, 1, MAX_SECONDS, 1_883);
        int keepAlive = fields.number(KEEP_ALIVE, 1, MAX_SECONDS, 60);
        if (!requests.isEmpty() && requests.equals(answers)) {
            fields.problem(
                    ANSWERS,
                    "in_queue and out_queue are both '%s': the service would answer its own answers"
                            .formatted(answers));
        }
        if (url.contains("://")) {
            fields.problem(URL, "expected a host or IP address without scheme, got '" + url + "'");
        }
        if (modelName.contains("{{")) {
            fields.problem(MODEL, "the name must not hold '{{'");
        }
        if (problems.size() > before) {
            return List.of();
        }
        String model = name(modelName);
        String service = name(requests);
        String title = modelName + " for " + client;
        var broker = JsonMapper.shared().createObjectNode();
        if (isExternal) {
            broker.put("url", "mqtt://" + (url.contains(":") ? "[" + url + "]" : url) + ":" + port);
            broker.put("keepAlive", keepAlive + "s");
        }
        return List.of(
                model(document, model, title, path),
                source(document, service, title, requests, client, broker),
                pipeline(document, service, model, modelName, answers, broker));
    }

    private static ManifestDocument model(
            ManifestDocument from, String name, String title, String path) {
        ObjectNode tree = resource("Model", name, title);
        ObjectNode spec = tree.putObject("spec");
        spec.put(
                "framework", ModelFile.ofName(path).map(ModelFile::framework).orElse("tensorflow"));
        spec.putArray("versions").addObject().put("version", 1).put("uri", "file:" + path);
        spec.putObject("aliases").put("production", 1);
        return document(from, tree, Map.of("/metadata/name", MODEL, "/spec", PATH));
    }

    private ManifestDocument source(
            ManifestDocument from,
            String name,
            String title,
            String topic,
            String client,
            ObjectNode broker) {
        ObjectNode tree = resource("DataSource", name, title);
        ObjectNode spec = tree.putObject("spec");
        ObjectNode mqtt = broker.deepCopy();
        if (isExternal) {
            mqtt.put("clientId", client);
        }
        spec.set("mqtt", mqtt);
        spec.putArray("fields").addObject().put("name", "requests").put("topic", topic);
        return document(
                from,
                tree,
                Map.of(
                        "/metadata/name", REQUESTS,
                        "/spec/mqtt", URL,
                        "/spec/mqtt/clientId", CLIENT,
                        "/spec/mqtt/keepAlive", KEEP_ALIVE,
                        "/spec/fields", REQUESTS));
    }

    private static ManifestDocument pipeline(
            ManifestDocument from,
            String name,
            String model,
            String modelName,
            String answers,
            ObjectNode broker) {
        ObjectNode tree = resource("Pipeline", name, modelName + " answers on " + answers);
        ObjectNode spec = tree.putObject("spec");
        spec.putObject("from").putObject("dataSource").put("name", name);
        ObjectNode step = spec.putArray("steps").addObject().putObject("model");
        step.put("name", model);
        ObjectNode decode = step.putObject("decode").put("format", "json");
        ArrayNode fields = decode.putArray("fields");
        for (int i = 1; i <= FIELDS; i++) {
            fields.add("norm_" + i);
        }
        decode.put("textNumbers", true);
        String key = JsonMapper.shared().writeValueAsString(modelName);
        step.putObject("encode").put("template", "{" + key + ": {{output[0]}}}");
        ObjectNode mqtt = broker.deepCopy().put("topic", answers);
        spec.putArray("to").addObject().set("mqtt", mqtt);
        return document(
                from,
                tree,
                Map.of(
                        "/metadata/name", REQUESTS,
                        "/spec/steps", MODEL,
                        "/spec/to", ANSWERS,
                        "/spec/to/0/mqtt/url", URL));
    }

    private static ObjectNode resource(String kind, String name, String title) {
        ObjectNode tree = JsonMapper.shared().createObjectNode();
        tree.put("apiVersion", API_VERSION).put("kind", kind);
        tree.putObject("metadata").put("name", name).put("title", title);
        return tree;
    }

    /** Where a problem with the translation is to be shown in the file. */
    private static ManifestDocument document(
            ManifestDocument from, ObjectNode tree, Map<String, String> origins) {
        var places = new HashMap<String, Place>();
        places.put("", from.placeOf(""));
        origins.forEach((pointer, origin) -> places.put(pointer, from.placeOf(origin)));
        return new ManifestDocument(from.source(), from.folder(), tree, Map.copyOf(places));
    }

    /** A text made fit for a name: {@code inqueue/lstm} becomes {@code inqueue-lstm}. */
    static String name(String text) {
        var name = new StringBuilder();
        for (int i = 0; i < text.length() && name.length() < 100; i++) {
            char c = text.charAt(i);
            boolean isPlain =
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (isPlain || (!name.isEmpty() && (c == '_' || c == '.'))) {
                name.append(c);
            } else if (!name.isEmpty() && name.charAt(name.length() - 1) != '-') {
                name.append('-');
            }
        }
        while (!name.isEmpty() && name.charAt(name.length() - 1) == '-') {
            name.setLength(name.length() - 1);
        }
        return name.isEmpty() ? "service" : name.toString();
    }
}
