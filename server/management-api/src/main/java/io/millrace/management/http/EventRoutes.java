package io.millrace.management.http;

import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.management.http.Route.Answer;
import io.millrace.spi.EventLog;
import io.millrace.spi.EventLog.Event;
import io.millrace.store.ResourceStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What happened to a resource, or to all of a project, oldest first. */
final class EventRoutes {
    private final ResourceStore store;
    private final EventLog events;

    EventRoutes(ResourceStore store, EventLog events) {
        this.store = store;
        this.events = events;
    }

    List<Route> routes() {
        var routes = new ArrayList<Route>();
        routes.add(
                Route.get(
                        "/projects/{project}/events",
                        "listEvents",
                        "Gives what happened to the resources of a project",
                        Answer.json("Events"),
                        this::ofProject));
        for (Kind kind : Kind.values()) {
            if (kind.isInProject()) {
                routes.add(
                        Route.get(
                                "/projects/{project}/" + kind.plural() + "/{name}/events",
                                "listEventsOf" + kind.label(),
                                "Gives what happened to one " + kind.label(),
                                Answer.json("Events"),
                                call -> ofOne(call, kind)));
            }
        }
        return routes;
    }

    private void ofProject(Call call) {
        ProjectId project = call.project();
        ResourceRoutes.requireProject(store.image(), project);
        call.ok(json(events.of(project)));
    }

    private void ofOne(Call call, Kind kind) {
        call.ok(json(events.of(call.existing(kind, store))));
    }

    private static ObjectNode json(List<Event> events) {
        ObjectNode body = Json.object();
        ArrayNode array = body.putArray("items");
        for (Event event : events) {
            array.addObject()
                    .put("kind", event.resource().kind().label())
                    .put("name", event.resource().name().value())
                    .put("severity", event.severity().name().toLowerCase(Locale.ROOT))
                    .put("reason", event.reason())
                    .put("message", event.message())
                    .put("first", event.first().toString())
                    .put("last", event.last().toString())
                    .put("count", event.count());
        }
        return body;
    }
}
