package io.millrace.management.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.millrace.api.Kind;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.codec.ModelRequests;
import io.millrace.codec.ResourceWriter;
import io.millrace.management.http.Route.Answer;
import io.millrace.management.http.Route.Body;
import java.util.List;

/** Which version of a model answers: aliases, promotion, rollback, rules for traffic. */
final class ModelTrafficRoutes {
    private static final String MODEL = "/projects/{project}/models/{name}";
    private final ModelTraffic traffic;
    private final ModelViews views;
    private final ManagementLimits limits;

    ModelTrafficRoutes(ModelTraffic traffic, ModelViews views, ManagementLimits limits) {
        this.traffic = traffic;
        this.views = views;
        this.limits = limits;
    }

    List<Route> routes() {
        return List.of(
                changing(
                        Method.PUT,
                        "/aliases/{alias}",
                        "putModelAlias",
                        "Makes an alias name a version",
                        Body.manifest("AliasTarget"),
                        call ->
                                traffic.alias(
                                        call.key(Kind.MODEL),
                                        call.path("alias"),
                                        ModelRequests.aliasTarget(call.text(limits.manifests())))),
                changing(
                        Method.DELETE,
                        "/aliases/{alias}",
                        "deleteModelAlias",
                        "Takes an alias away",
                        Body.NONE,
                        call -> traffic.removeAlias(call.key(Kind.MODEL), call.path("alias"))),
                changing(
                        Method.POST,
                        "/promote",
                        "promoteModel",
                        "Puts a version into production; the one before becomes 'previous'",
                        Body.manifest("Promotion"),
                        call ->
                                traffic.promote(
                                        call.key(Kind.MODEL),
                                        ModelRequests.promotion(call.text(limits.manifests())))),
                changing(
                        Method.POST,
                        "/rollback",
                        "rollBackModel",
                        "Exchanges the version in production with the one before",
                        Body.NONE,
                        call -> traffic.rollBack(call.key(Kind.MODEL))),
                Route.get(
                        MODEL + "/traffic",
                        "getModelTraffic",
                        "Says how calls are divided among versions, and how that goes",
                        Answer.json("Traffic"),
                        call -> call.ok(views.traffic(call.key(Kind.MODEL)))),
                new Route(
                        Method.PUT,
                        MODEL + "/traffic",
                        "putModelTraffic",
                        "Sets how calls are divided among versions",
                        List.of(),
                        Body.manifest("TrafficRule"),
                        Answer.json("Traffic"),
                        this::putRule));
    }

    private static Route changing(
            Method method,
            String path,
            String operation,
            String summary,
            Body body,
            Change change) {
        return new Route(
                method,
                MODEL + path,
                operation,
                summary,
                List.of(),
                body,
                Answer.json(Kind.MODEL.label()),
                call -> send(call, change.apply(call)));
    }

    private void putRule(Call call) {
        ResourceKey key = call.key(Kind.MODEL);
        Resource<?> _ = traffic.rule(key, call.text(limits.manifests()));
        call.ok(views.traffic(key));
    }

    private static void send(Call call, Resource<?> model) {
        call.response().header(HeaderNames.ETAG, Precondition.etag(model));
        Json.send(call.response(), Status.OK_200, Json.MEDIA_TYPE, ResourceWriter.json(model));
    }

    @FunctionalInterface
    private interface Change {
        Resource<?> apply(Call call);
    }
}
