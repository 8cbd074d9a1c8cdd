package io.millrace.inference.http;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.inference.protocol.BodyMemory;
import io.millrace.inference.protocol.InferencePorts;
import io.millrace.inference.protocol.RequestLog;
import io.millrace.spi.GraphServing;
import io.millrace.spi.ModelServing;
import io.millrace.spi.Tracing;
import io.millrace.spi.TransformerServing;
import io.millrace.testkit.RecordingMeters;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** The rest of the server as tests have it: ready, and with ids that count. */
final class TestingPorts {

    private TestingPorts() {}

    static InferencePorts of(ModelServing serving, TransformerServing transformers) {
        InferencePorts plain = of(serving);
        return new InferencePorts(
                plain.serving(),
                plain.graphs(),
                plain.log(),
                plain.bodies(),
                plain.isReady(),
                plain.meters(),
                plain.time(),
                plain.ids(),
                plain.tracing(),
                transformers);
    }

    static InferencePorts of(ModelServing serving) {
        return of(serving, new RecordingMeters(), () -> true);
    }

    /** A graph {@code echo} that answers with what it gets and one {@code broken} that fails. */
    private static final class EchoGraphs implements GraphServing {
        @Override
        public Answer run(Call call) {
            return switch (call.graph().value()) {
                case "echo" -> new Answer.Done(call.body());
                case "broken" ->
                        new Answer.Failed(
                                new MillraceException(ErrorCode.USER_CODE, "a step failed"));
                default ->
                        throw MillraceException.notFound(
                                "Inference graph with name " + call.graph() + " does not exist.");
            };
        }

        @Override
        public List<ResourceName> list(ProjectId project) {
            return List.of(new ResourceName("broken"), new ResourceName("echo"));
        }
    }

    static InferencePorts of(
            ModelServing serving, RecordingMeters meters, BooleanSupplier isReady) {
        return of(serving, meters, isReady, new BodyMemory(DataSize.ofMebibytes(256)));
    }

    static InferencePorts of(
            ModelServing serving,
            RecordingMeters meters,
            BooleanSupplier isReady,
            BodyMemory memory) {
        return of(serving, meters, isReady, memory, Tracing.OFF);
    }

    static InferencePorts of(
            ModelServing serving,
            RecordingMeters meters,
            BooleanSupplier isReady,
            BodyMemory memory,
            Tracing tracing) {
        var ids = new AtomicInteger();
        TimeSource time = TimeSource.system();
        return new InferencePorts(
                serving,
                new EchoGraphs(),
                new RequestLog(meters, time),
                memory,
                isReady,
                meters,
                time,
                () -> "id-" + ids.incrementAndGet(),
                tracing,
                TransformerServing.none());
    }
}
