package io.millrace.management.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.millrace.api.MillraceException;
import io.millrace.management.http.Route.Answer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/**
 * The management API: register it at {@link #PATH} of an HTTP routing. It holds no resources of its
 * own; its streams end with the server's connections.
 */
public final class ManagementRoutes implements HttpService {
    /** Where the API is. */
    public static final String PATH = "/api/v1";

    private final ManagementPorts ports;
    private final List<Route> routes;
    private final String openApi;

    public ManagementRoutes(ManagementPorts ports, ManagementLimits limits) {
        this.ports = ports;
        this.routes = routes(ports, limits);
        this.openApi = Json.text(new OpenApiDocument(routes, ports.facts().get()).json());
    }

    private List<Route> routes(ManagementPorts ports, ManagementLimits limits) {
        var store = ports.store();
        var writes =
                new ResourceWrites(
                        store,
                        ports.secrets(),
                        ports.objects(),
                        ports.time(),
                        ports.insight().taps());
        var modelWrites = new ModelWrites(store, writes);
        var versions = new ModelVersions(ports, writes, modelWrites, limits.modelCheck());
        var views = new ModelViews(modelWrites, ports.models());
        var traffic = new ModelTraffic(modelWrites, ports.models());
        var all = new ArrayList<Route>();
        all.add(
                Route.get(
                        "/",
                        "server",
                        "Says what this server is",
                        Answer.json("Server"),
                        this::server));
        all.add(
                Route.get(
                        "/openapi.json",
                        "openapi",
                        "Gives this document",
                        Answer.json("Any"),
                        this::openApi));
        all.add(new WatchRoute(store, limits).route());
        all.addAll(new LogsRoute(store, ports.logs(), limits).routes());
        all.addAll(new EventRoutes(store, ports.events()).routes());
        all.addAll(new DeadLetterRoutes(store, ports.deadLetters(), limits).routes());
        all.add(new TapRoute(store, ports.insight().taps(), limits).route());
        all.addAll(new ReplayRoutes(store, ports.insight()).routes());
        all.add(new CertificateRoute(store, ports.certificates()).route());
        all.addAll(new SecretRoutes(store, writes, ports.secrets(), limits).routes());
        all.addAll(new ObjectStoreRoutes(store, writes, ports.objects()).routes());
        all.addAll(new BlobRoutes(store, ports.blobs(), limits).routes());
        all.addAll(new ModelRoutes(ports, versions, views, limits).routes());
        all.addAll(new ModelTrafficRoutes(traffic, views, limits).routes());
        all.addAll(
                new TrainingRoutes(ports, new RunPublishing(ports, writes, versions), limits)
                        .routes());
        all.add(new DriftRoute(modelWrites, ports.monitor()).route());
        all.addAll(new ResourceRoutes(store, writes, limits).routes());
        return List.copyOf(all);
    }

    /** All calls, as they are documented. */
    List<Route> routes() {
        return routes;
    }

    @Override
    public void routing(HttpRules rules) {
        Map<String, List<Method>> methods = new LinkedHashMap<>();
        for (Route route : routes) {
            Handler handler =
                    (request, response) -> route.action().handle(new Call(request, response));
            rules.route(route.method(), route.path(), ErrorResponses.guard(handler));
            methods.computeIfAbsent(route.path(), _ -> new ArrayList<>()).add(route.method());
        }
        methods.forEach((path, allowed) -> rules.any(path, wrongMethod(allowed)));
        rules.any(
                ErrorResponses.guard((request, _) -> {
                    throw MillraceException.notFound(
                            "there is nothing at " + request.path().absolute().path());
                }));
    }

    private static Handler wrongMethod(List<Method> allowed) {
        String names = allowed.stream().map(Method::text).collect(Collectors.joining(", "));
        return (_, response) -> {
            response.header(HeaderNames.ALLOW, names);
            ErrorResponses.answer(
                    response, Status.METHOD_NOT_ALLOWED_405, "INVALID", "allowed here: " + names);
        };
    }

    private void server(Call call) {
        ServerFacts facts = ports.facts().get();
        ObjectNode body = Json.object().put("name", "millrace").put("version", facts.version());
        ObjectNode numbers = body.putObject("ports");
        facts.ports().forEach(numbers::put);
        call.ok(body);
    }

    private void openApi(Call call) {
        Json.send(call.response(), Status.OK_200, Json.MEDIA_TYPE, openApi);
    }
}
