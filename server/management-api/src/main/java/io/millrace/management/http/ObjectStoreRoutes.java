package io.millrace.management.http;

import io.helidon.http.Method;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.management.http.Route.Answer;
import io.millrace.management.http.Route.Body;
import io.millrace.spi.ObjectStoreHost;
import io.millrace.spi.ObjectStoreHost.Credential;
import io.millrace.spi.ObjectStoreHost.User;
import io.millrace.store.ResourceStore;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Users of the embedded object store: a secret comes out once, when it is made. */
final class ObjectStoreRoutes {
    private static final String STORE = "/projects/{project}/object-store";
    private static final String USER = STORE + "/users/{name}";

    private final ResourceStore store;
    private final ResourceWrites writes;
    private final ObjectStoreHost objects;

    ObjectStoreRoutes(ResourceStore store, ResourceWrites writes, ObjectStoreHost objects) {
        this.store = store;
        this.writes = writes;
        this.objects = objects;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                        STORE,
                        "getObjectStore",
                        "Says where the embedded object store is and who may come to the project's"
                                + " buckets",
                        Answer.json("ObjectStore"),
                        this::get),
                new Route(
                        Method.PUT,
                        USER,
                        "putObjectStoreUser",
                        "Makes a user of the project's buckets, or gives one new keys; the secret is"
                                + " in this answer alone",
                        List.of(),
                        Body.NONE,
                        Answer.json("ObjectStoreCredential"),
                        this::put),
                new Route(
                        Method.DELETE,
                        USER,
                        "deleteObjectStoreUser",
                        "Removes a user; requests with its keys are refused from now on",
                        List.of(),
                        Body.NONE,
                        Answer.json("ObjectStoreUser"),
                        this::delete));
    }

    private void get(Call call) {
        ProjectId project = call.project();
        ResourceRoutes.requireProject(store.image(), project);
        ObjectNode body = Json.object();
        objects.endpoint().ifPresent(endpoint -> body.put("endpoint", endpoint));
        ArrayNode users = body.putArray("users");
        objects.users(project).forEach(user -> users.add(json(user)));
        call.ok(body);
    }

    private void put(Call call) {
        ProjectId project = call.project();
        ResourceName name = call.name();
        var made = new AtomicReference<Credential>();
        writes.inProject(project, () -> made.set(objects.make(project, name)));
        ObjectNode body = json(made.get().user()).put("secretKey", made.get().secretKey());
        objects.endpoint().ifPresent(endpoint -> body.put("endpoint", endpoint));
        call.ok(body);
    }

    private void delete(Call call) {
        ProjectId project = call.project();
        ResourceName name = call.name();
        ResourceRoutes.requireProject(store.image(), project);
        User last =
                objects.users(project).stream()
                        .filter(user -> user.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> unknown(name));
        if (!objects.remove(project, name)) {
            throw unknown(name);
        }
        call.ok(json(last));
    }

    private static MillraceException unknown(ResourceName name) {
        return MillraceException.notFound(
                "the object store has no user '" + name + "' in this project");
    }

    private static ObjectNode json(User user) {
        return Json.object()
                .put("name", user.name().value())
                .put("accessKey", user.accessKey())
                .put("made", user.made().toString());
    }
}
