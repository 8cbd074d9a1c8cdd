package io.millrace.client;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Secrets of projects: values go to the server and never come back. Every method blocks and throws
 * as those of {@link MillraceClient} do.
 */
public final class SecretsApi {
    private final Transport transport;

    SecretsApi(Transport transport) {
        this.transport = transport;
    }

    /**
     * A secret as the server shows it.
     *
     * @param name its name
     * @param values the names of its values, in order
     */
    public record SecretNames(String name, List<String> values) {
        public SecretNames {
            values = List.copyOf(values);
        }

        static SecretNames of(JsonNode json) {
            var names = new ArrayList<String>();
            json.path("values").forEach(value -> names.add(value.asString("")));
            return new SecretNames(json.path("name").asString(""), names);
        }
    }

    /** Sets a secret as a whole: values that it had before and that are not named are gone. */
    public SecretNames put(ProjectId project, ResourceName name, Map<String, String> values) {
        ObjectNode body = JsonMapper.shared().createObjectNode();
        values.forEach(body::put);
        return SecretNames.of(
                transport.json(
                        transport
                                .request(path(project, name), Transport.SHORT)
                                .header("Content-Type", "application/json")
                                .PUT(transport.jsonBody(body))));
    }

    /** All secrets of a project. */
    public List<SecretNames> list(ProjectId project) {
        var all = new ArrayList<SecretNames>();
        transport
                .json(transport.request(path(project), Transport.SHORT))
                .path("items")
                .forEach(item -> all.add(SecretNames.of(item)));
        return all;
    }

    /** Deletes a secret. */
    public void delete(ProjectId project, ResourceName name) {
        JsonNode _ =
                transport.json(transport.request(path(project, name), Transport.SHORT).DELETE());
    }

    private static String path(ProjectId project) {
        return MillraceClient.project(project) + "/secrets";
    }

    private static String path(ProjectId project, ResourceName name) {
        return path(project) + "/" + MillraceClient.encode(name.value());
    }
}
