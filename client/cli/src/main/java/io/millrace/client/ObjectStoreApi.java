package io.millrace.client;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Users of the object store inside. Every method blocks and throws as those of {@link
 * MillraceClient} do.
 */
public final class ObjectStoreApi {
    private final Transport transport;

    ObjectStoreApi(Transport transport) {
        this.transport = transport;
    }

    /**
     * The store as a project sees it.
     *
     * @param endpoint of S3; empty when the server does not serve it
     */
    public record ObjectStore(Optional<String> endpoint, List<User> users) {
        public ObjectStore {
            users = List.copyOf(users);
        }
    }

    /** A user. */
    public record User(String name, String accessKey, String made) {
        static User of(JsonNode json) {
            return new User(
                    json.path("name").asString(""),
                    json.path("accessKey").asString(""),
                    json.path("made").asString(""));
        }
    }

    /** A user with its secret, which the server does not give again. */
    public record Credential(User user, String secretKey, Optional<String> endpoint) {
        /** Without the secret. */
        @Override
        public String toString() {
            return "Credential[" + user + "]";
        }
    }

    /** Where the store is, and who may come to a project's buckets. */
    public ObjectStore get(ProjectId project) {
        JsonNode json = transport.json(transport.request(path(project), Transport.SHORT));
        var users = new ArrayList<User>();
        json.path("users").forEach(user -> users.add(User.of(user)));
        return new ObjectStore(endpoint(json), users);
    }

    /** Makes a user, or gives one new keys. */
    public Credential make(ProjectId project, ResourceName name) {
        JsonNode json =
                transport.json(
                        transport
                                .request(user(project, name), Transport.SHORT)
                                .PUT(BodyPublishers.noBody()));
        return new Credential(User.of(json), json.path("secretKey").asString(""), endpoint(json));
    }

    /** Removes a user. */
    public void remove(ProjectId project, ResourceName name) {
        JsonNode _ =
                transport.json(transport.request(user(project, name), Transport.SHORT).DELETE());
    }

    private static Optional<String> endpoint(JsonNode json) {
        return Optional.of(json.path("endpoint").asString("")).filter(text -> !text.isEmpty());
    }

    private static String path(ProjectId project) {
        return MillraceClient.project(project) + "/object-store";
    }

    private static String user(ProjectId project, ResourceName name) {
        return path(project) + "/users/" + MillraceClient.encode(name.value());
    }
}
