package io.millrace.app;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.management.http.Insight;
import io.millrace.spi.PipelineReplays;
import io.millrace.spi.PipelineTaps;
import io.millrace.spi.PipelineTraces;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How the API looks into pipelines, before the runtime is there: it comes up after the API. */
final class LateInsight {

    private final AtomicReference<@Nullable Parts> parts = new AtomicReference<>();

    private record Parts(PipelineTaps taps, PipelineTraces traces, PipelineReplays replays) {}

    /** The runtime is there. */
    void arrived(PipelineTaps taps, PipelineTraces traces, PipelineReplays replays) {
        parts.set(new Parts(taps, traces, replays));
    }

    /** For the API. */
    Insight insight() {
        return new Insight(
                () -> part(Parts::taps), () -> part(Parts::traces), () -> part(Parts::replays));
    }

    private <T> T part(Function<Parts, T> which) {
        Parts known = parts.get();
        if (known == null) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "the server is still starting; try again in a moment");
        }
        return which.apply(known);
    }
}
