package io.millrace.inference.http;

import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.inference.protocol.InferencePorts;
import io.millrace.spi.TransformerServing;

/**
 * The inference protocols over HTTP. Register it at the root: it serves the project {@code default}
 * there and any project below {@code /projects/{project}}.
 *
 * <pre>
 *   V1Routes          KServe V1, TensorFlow Serving REST, Karbon  ─┐
 *   V2Routes          Open Inference Protocol, binary tensors     ─┼─▶ ModelCalls ─▶ ModelServing
 *   GraphRoutes       inference graphs ─────────────────────────────────▶ GraphServing
 *   RepositoryRoutes  what there is, load, unload                  │
 *   RequestLogRoutes  calls on demand                              ┘
 *   EventCalls        requests that come as CloudEvents ─────────────────▶ TransformerServing
 *   TransformedCalls  what both protocols do for models with transformers ─▶ TransformerServing
 * </pre>
 */
public final class InferenceRoutes implements HttpService {

    private static final String UNDER_PROJECT = "/projects/{project}";

    /** Under it are the models without their transformers. */
    private static final String PREDICTOR = "/predictor";

    private final V1Routes v1;
    private final V2Routes v2;
    private final V1Routes bareV1;
    private final V2Routes bareV2;
    private final GraphRoutes graphs;
    private final RepositoryRoutes repository;

    /**
     * Makes the routes. They start nothing and need no end.
     *
     * @param config limits
     * @param ports the parts of the server that they call
     */
    public InferenceRoutes(InferenceApiConfig config, InferencePorts ports) {
        var bodies = new BodyReader(config.maxBody(), ports.bodies());
        var calls = new ModelCalls(config, ports, bodies);
        var log = new RequestLogRoutes(ports, bodies);
        var transformed = new TransformedCalls(calls, ports.transformers());
        var bare = new TransformedCalls(calls, TransformerServing.none());
        this.v1 = new V1Routes(ports.serving(), calls, transformed, new EventCalls(calls, false));
        this.v2 = new V2Routes(ports, calls, transformed, log);
        this.bareV1 = new V1Routes(ports.serving(), calls, bare, new EventCalls(calls, true));
        this.bareV2 = new V2Routes(ports, calls, bare, log);
        this.graphs = new GraphRoutes(ports.graphs(), bodies, config);
        this.repository = new RepositoryRoutes(ports.serving(), bodies);
    }

    @Override
    public void routing(HttpRules rules) {
        for (String prefix : new String[] {"", UNDER_PROJECT}) {
            v1.register(rules, prefix);
            graphs.register(rules, prefix);
            repository.register(rules, prefix);
            v2.register(rules, prefix);
        }
        for (String prefix : new String[] {PREDICTOR, UNDER_PROJECT + PREDICTOR}) {
            bareV1.register(rules, prefix);
            bareV2.register(rules, prefix);
        }
        rules.get(UNDER_PROJECT, HttpErrors.guarded((_, response) -> alive(response)));
    }

    /** {@code {"status":"alive"}}, which KServe clients ask of the root. */
    public static void alive(ServerResponse response) {
        JsonAnswer.send(
                response,
                json -> {
                    json.writeStartObject();
                    json.writeStringProperty("status", "alive");
                    json.writeEndObject();
                });
    }
}
