package io.millrace.events;

import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/** The paths of bucket data sources; register it at the root of the main port. */
public final class EventRoutes implements HttpService {

    private static final String SOURCE = "/projects/{project}/sources/{source}";

    private final EventReceiver receiver;

    public EventRoutes(EventReceiver receiver) {
        this.receiver = receiver;
    }

    @Override
    public void routing(HttpRules rules) {
        rules.any(SOURCE, this::serve);
        rules.any(SOURCE + "/{secretPath}", this::serve);
    }

    private void serve(ServerRequest request, ServerResponse response) {
        var path = request.path().pathParameters();
        receiver.serve(
                path.get("project"),
                path.get("source"),
                path.first("secretPath").orElse(""),
                request,
                response);
    }
}
