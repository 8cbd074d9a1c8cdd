package io.millrace.management.http;

import io.millrace.spi.PipelineReplays;
import io.millrace.spi.PipelineTaps;
import io.millrace.spi.PipelineTraces;
import java.util.function.Supplier;

/**
 * How the API looks into pipelines. Each is asked for anew, since the runtime comes up after the
 * API; a supplier throws {@code UNAVAILABLE} until then.
 *
 * @param taps for records on their way
 * @param traces for what became of one record
 * @param replays for the past
 */
public record Insight(
        Supplier<PipelineTaps> taps,
        Supplier<PipelineTraces> traces,
        Supplier<PipelineReplays> replays) {}
