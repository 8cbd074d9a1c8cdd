package io.millrace.app;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.stream.Collectors;

/** {@code /healthz}, {@code /readyz} and {@code /metrics}. */
final class HealthRoutes implements HttpService {

    private final Readiness readiness;
    private final PrometheusMeters meters;

    HealthRoutes(Readiness readiness, PrometheusMeters meters) {
        this.readiness = readiness;
        this.meters = meters;
    }

    @Override
    public void routing(HttpRules rules) {
        rules.get("/healthz", (_, response) -> response.send("ok\n"))
                .get("/readyz", this::ready)
                .get("/metrics", this::metrics);
    }

    private void ready(ServerRequest request, ServerResponse response) {
        String parts =
                readiness.parts().entrySet().stream()
                        .map(part -> part.getKey() + ": " + part.getValue())
                        .collect(Collectors.joining("\n", "", "\n"));
        response.status(readiness.isReady() ? Status.OK_200 : Status.SERVICE_UNAVAILABLE_503)
                .send(parts);
    }

    private void metrics(ServerRequest request, ServerResponse response) throws IOException {
        response.header(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
        try (OutputStream out = response.outputStream()) {
            meters.write(out);
        }
    }
}
