package io.millrace.management.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.codec.ResourceReader;
import io.millrace.codec.ResourceWriter;
import io.millrace.management.http.ResourceWrites.Change;
import io.millrace.management.http.ResourceWrites.Written;
import io.millrace.management.http.Route.Answer;
import io.millrace.management.http.Route.Body;
import io.millrace.management.http.Route.Parameter;
import io.millrace.store.ResourceStore;
import io.millrace.store.StoreImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** List, read, write and delete resources of each kind; apply several at once. */
final class ResourceRoutes {
    private static final int PAGE = 500;
    private static final int LARGEST_PAGE = 5_000;

    private final ResourceStore store;
    private final ResourceWrites writes;
    private final ManagementLimits limits;

    ResourceRoutes(ResourceStore store, ResourceWrites writes, ManagementLimits limits) {
        this.store = store;
        this.writes = writes;
        this.limits = limits;
    }

    List<Route> routes() {
        var routes = new ArrayList<Route>();
        for (Kind kind : Kind.values()) {
            routes.addAll(routesOf(kind));
        }
        routes.add(
                new Route(
                        Method.POST,
                        "/apply",
                        "apply",
                        "Writes several resources; all of them, or none when one is wrong",
                        List.of(
                                Parameter.query(
                                        "project",
                                        "string",
                                        "the project of resources that name none"),
                                Parameter.query(
                                        "dryRun", "boolean", "says what would change, only")),
                        Body.manifest("Manifests"),
                        Answer.json("ApplyResult"),
                        this::apply));
        return routes;
    }

    private List<Route> routesOf(Kind kind) {
        String label = kind.label();
        var routes = new ArrayList<Route>();
        routes.add(
                list(
                        "/" + kind.plural(),
                        kind.isInProject() ? "listAll" + label : "list" + label,
                        kind,
                        call -> sendPage(call, kind, store.image(), store.image().all(kind))));
        if (kind.isInProject()) {
            routes.add(
                    list(
                            "/projects/{project}/" + kind.plural(),
                            "list" + label,
                            kind,
                            call -> listProject(call, kind)));
        }
        String one =
                (kind.isInProject() ? "/projects/{project}/" : "/") + kind.plural() + "/{name}";
        var ifMatch = Parameter.header("If-Match", "the revision that was seen, in quotes, or *");
        routes.add(
                Route.get(
                        one,
                        "get" + label,
                        "Reads one " + label,
                        Answer.json(label),
                        call -> get(call, kind)));
        routes.add(
                new Route(
                        Method.PUT,
                        one,
                        "put" + label,
                        "Creates or replaces one " + label,
                        List.of(
                                ifMatch,
                                Parameter.header("If-None-Match", "* when it must not exist yet"),
                                Parameter.query("dryRun", "boolean", "says what would be, only")),
                        Body.manifest(label),
                        Answer.json(label),
                        call -> put(call, kind)));
        routes.add(
                new Route(
                        Method.DELETE,
                        one,
                        "delete" + label,
                        "Deletes one " + label + " that nothing else uses",
                        List.of(ifMatch),
                        Body.NONE,
                        Answer.json(label),
                        call -> delete(call, kind)));
        return routes;
    }

    private static Route list(String path, String operation, Kind kind, Route.Action action) {
        return Route.get(
                        path,
                        operation,
                        "Lists resources of kind " + kind.label(),
                        Answer.json(kind.label() + "List"),
                        action)
                .with(
                        Parameter.query("limit", "integer", "the most that one answer holds"),
                        Parameter.query(
                                "continue", "string", "from the answer before, for the next part"));
    }

    private void listProject(Call call, Kind kind) {
        StoreImage image = store.image();
        ProjectId project = call.project();
        requireProject(image, project);
        sendPage(call, kind, image, image.all(kind, project));
    }

    static void requireProject(StoreImage image, ProjectId project) {
        if (image.find(ResourceKey.ofProject(project)).isEmpty()) {
            throw MillraceException.notFound("project '" + project + "' does not exist");
        }
    }

    private static void sendPage(Call call, Kind kind, StoreImage image, List<Resource<?>> all) {
        int limit = call.number("limit", PAGE, 1, LARGEST_PAGE);
        Page page = Page.of(kind, all, call.query("continue"), limit);
        ObjectNode body = Json.object();
        ArrayNode items = body.putArray("items");
        page.items().forEach(resource -> items.add(Json.resource(resource)));
        page.next().ifPresent(token -> body.put("continue", token));
        call.ok(body.put("revision", image.revision().value()));
    }

    private void get(Call call, Kind kind) {
        ResourceKey key = call.key(kind);
        sendResource(
                call,
                Status.OK_200,
                store.image().find(key).orElseThrow(() -> ResourceWrites.unknown(key)));
    }

    private static void sendResource(Call call, Status status, Resource<?> resource) {
        call.response().header(HeaderNames.ETAG, Precondition.etag(resource));
        Json.send(call.response(), status, Json.MEDIA_TYPE, ResourceWriter.json(resource));
    }

    private void put(Call call, Kind kind) {
        ResourceKey key = call.key(kind);
        Manifest<?> manifest = readOne(call, key);
        var expected = Precondition.of(call, key, store.image());
        Written written = writes.put(manifest, expected, call.flag("dryRun"));
        Status status = written.change() == Change.CREATED ? Status.CREATED_201 : Status.OK_200;
        sendResource(call, status, written.after());
    }

    private Manifest<?> readOne(Call call, ResourceKey key) {
        ProjectId project = key.kind().isInProject() ? key.project() : ProjectId.DEFAULT;
        List<Manifest<?>> manifests =
                ResourceReader.forServer(project).read("", call.text(limits.manifests()));
        if (manifests.size() != 1) {
            throw MillraceException.invalid(
                    "the body holds " + manifests.size() + " resources; use POST /api/v1/apply");
        }
        Manifest<?> manifest = manifests.getFirst();
        if (!manifest.key().equals(key)) {
            throw MillraceException.invalid(
                    "the path names " + key + " and the body " + manifest.key());
        }
        return manifest;
    }

    private void delete(Call call, Kind kind) {
        ResourceKey key = call.key(kind);
        var expected = Precondition.of(call, key, store.image());
        sendResource(call, Status.OK_200, writes.delete(key, expected));
    }

    private void apply(Call call) {
        ProjectId project = call.query("project").map(ProjectId::new).orElse(ProjectId.DEFAULT);
        boolean isDryRun = call.flag("dryRun");
        List<Manifest<?>> manifests =
                ResourceReader.forServer(project).read("", call.text(limits.manifests()));
        ObjectNode body = Json.object();
        ArrayNode results = body.putArray("results");
        for (Written written : writes.putAll(manifests, isDryRun)) {
            describe(written, isDryRun, results.addObject());
        }
        call.ok(body);
    }

    private static void describe(Written written, boolean isDryRun, ObjectNode result) {
        ResourceKey key = written.after().key();
        result.put("kind", key.kind().label());
        if (key.kind().isInProject()) {
            result.put("project", key.project().value());
        }
        result.put("name", key.name().value());
        result.put("change", written.change().name().toLowerCase(Locale.ROOT));
        if (isDryRun) {
            written.before().ifPresent(before -> result.set("before", spec(before)));
            result.set("after", spec(written.after()));
        }
    }

    private static JsonNode spec(Resource<?> resource) {
        return Json.raw(ResourceWriter.specJson(resource.key().kind(), resource.spec()));
    }
}
