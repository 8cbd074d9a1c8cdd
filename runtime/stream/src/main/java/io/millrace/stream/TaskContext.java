package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.TimeSource;
import io.millrace.spi.FunctionRuntime;
import io.millrace.spi.ModelServing;
import io.millrace.spi.ObjectStores;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.Sink;
import io.millrace.spi.SinkConnector;
import io.millrace.spi.StreamLog;
import io.millrace.spi.Tracing;
import io.millrace.spi.TransformerServing;
import io.millrace.stream.tap.Taps;
import java.util.List;
import java.util.Optional;

/**
 * What all tasks of the runtime share.
 *
 * @param log where records come from, and dead letters go
 * @param models for model steps
 * @param functions for function steps
 * @param connectors asked in order for each output, before the log itself
 * @param time the clock
 * @param parking how to wait for the log
 * @param nodeId of this process: letters, digits, {@code .}, {@code _}, {@code -}; stable over
 *     restarts and unique among the processes that share the log
 * @param maxRecords the most records of a batch
 * @param replies the topics that requests have made
 * @param taps where people look on
 * @param tracing where spans go
 * @param stores where objects are
 * @param requests for predict steps
 */
record TaskContext(
        StreamLog log,
        ModelServing models,
        FunctionRuntime functions,
        List<SinkConnector> connectors,
        TimeSource time,
        Parking parking,
        String nodeId,
        int maxRecords,
        ReplyTopics replies,
        Taps taps,
        Tracing tracing,
        ObjectStores stores,
        TransformerServing requests) {

    TaskContext {
        connectors = List.copyOf(connectors);
    }

    /** Without object stores and predict steps. */
    TaskContext(
            StreamLog log,
            ModelServing models,
            FunctionRuntime functions,
            List<SinkConnector> connectors,
            TimeSource time,
            Parking parking,
            String nodeId,
            int maxRecords,
            ReplyTopics replies,
            Taps taps,
            Tracing tracing) {
        this(
                log,
                models,
                functions,
                connectors,
                time,
                parking,
                nodeId,
                maxRecords,
                replies,
                taps,
                tracing,
                ObjectStores.none(),
                TransformerServing.none());
    }

    /** The same with other models: for what is done once more, which nobody traces. */
    TaskContext withModels(ModelServing others) {
        return new TaskContext(
                log,
                others,
                functions,
                connectors,
                time,
                parking,
                nodeId,
                maxRecords,
                replies,
                taps,
                Tracing.OFF,
                stores,
                requests);
    }

    /** The sink of an output: of the first plug-in that serves it, else of the log. */
    Sink openSink(PipelinePlan plan, int index) {
        PipelineSpec.Output output = plan.spec().to().get(index);
        for (SinkConnector connector : connectors) {
            Optional<Sink> sink = connector.open(plan.pipeline().project(), output);
            if (sink.isPresent()) {
                return sink.get();
            }
        }
        return switch (output) {
            case PipelineSpec.KafkaOutput kafka when kafka.cluster().isEmpty() ->
                    LogSink.to(topics(plan, index, kafka), log, parking);
            case PipelineSpec.StreamOutput() -> LogSink.toOwnTopics(log, parking);
            default ->
                    throw MillraceException.invalid("no plug-in of this server serves " + output);
        };
    }

    /** The topics that an output to the log may write to. */
    LogTopics topics(PipelinePlan plan, int index, PipelineSpec.KafkaOutput output) {
        return LogTopics.of(log, time, plan.pipeline(), index, output, replies);
    }

    /** The name of a task in the consumer group. */
    String memberOf(int index) {
        return nodeId + "-" + index;
    }

    /** The name of a task as a writer of transactions. */
    String transactorOf(PipelinePlan plan, int index) {
        return groupOf(plan) + "." + memberOf(index);
    }

    /** Deleted and created again, a pipeline starts anew: hence its uid. */
    static String groupOf(PipelinePlan plan) {
        return "millrace."
                + plan.pipeline().project()
                + "."
                + plan.pipeline().name()
                + "."
                + plan.uid();
    }
}
