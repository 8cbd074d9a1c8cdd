package io.millrace.management.http;

import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ResourceKey;
import io.millrace.management.http.Route.Answer;
import io.millrace.management.http.Route.Parameter;
import io.millrace.spi.PipelineEdge;
import io.millrace.spi.PipelineTaps;
import io.millrace.store.ResourceStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Records on their way through a pipeline, as server-sent events. */
final class TapRoute {
    private static final double MAX_RATE = 1_000;
    private static final int MAX_EVERY = 1_000_000_000;

    private final ResourceStore store;
    private final Supplier<PipelineTaps> taps;
    private final Duration keepAlive;

    TapRoute(ResourceStore store, Supplier<PipelineTaps> taps, ManagementLimits limits) {
        this.store = store;
        this.taps = taps;
        this.keepAlive = limits.keepAlive();
    }

    Route route() {
        return Route.get(
                        "/projects/{project}/pipelines/{name}/tap",
                        "tap",
                        "Streams records on their way through a pipeline: events record and missed",
                        Answer.events("TappedRecord"),
                        this::tap)
                .with(
                        Parameter.query(
                                "edge",
                                "string",
                                "in, out (unless told), the number of a step, or its function or"
                                        + " model"),
                        Parameter.query("rate", "number", "at most so many in a second: 20"),
                        Parameter.query("every", "integer", "one in so many: 1"));
    }

    private void tap(Call call) {
        ResourceKey pipeline = call.key(Kind.PIPELINE);
        var sampling =
                new PipelineTaps.Sampling(
                        PipelineEdge.parse(
                                call.query("edge").orElse("out"), steps(store, pipeline)),
                        rate(call),
                        call.number("every", 1, 1, MAX_EVERY));
        try (var tap = taps.get().open(pipeline, sampling);
                var stream = EventStream.open(call.response())) {
            pump(tap, stream);
        } catch (InterruptedException e) {
            // The server stops.
            Thread.currentThread().interrupt();
        }
    }

    static List<PipelineSpec.Step> steps(ResourceStore store, ResourceKey pipeline) {
        var resource =
                store.image().find(pipeline).orElseThrow(() -> ResourceWrites.unknown(pipeline));
        return ((PipelineSpec) resource.spec()).steps();
    }

    private static double rate(Call call) {
        Optional<String> text = call.query("rate");
        if (text.isEmpty()) {
            return PipelineTaps.Sampling.DEFAULT_RATE;
        }
        try {
            double rate = Double.parseDouble(text.get());
            if (rate > 0 && rate <= MAX_RATE) {
                return rate;
            }
        } catch (NumberFormatException _) {
            // The same answer as for a number out of range.
        }
        throw MillraceException.invalid(
                "query parameter 'rate' must be a number above 0, at most %.0f, was '%s'"
                        .formatted(MAX_RATE, text.get()));
    }

    private void pump(PipelineTaps.Tap tap, EventStream stream) throws InterruptedException {
        while (true) {
            Optional<PipelineTaps.Event> event = tap.next(keepAlive);
            if (event.isEmpty()) {
                stream.comment("still here");
                continue;
            }
            switch (event.get()) {
                case PipelineTaps.Seen seen ->
                        stream.event("record", Json.text(InsightViews.seen(seen)));
                case PipelineTaps.Missed(long sampled, long behind) ->
                        stream.event(
                                "missed",
                                Json.text(
                                        Json.object()
                                                .put("sampled", sampled)
                                                .put("behind", behind)));
            }
        }
    }
}
