package io.millrace.stream;

import io.millrace.api.IdSource;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.EventLog;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogPosition;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineState;
import io.millrace.spi.Provenance;
import io.millrace.spi.Tracing;
import io.millrace.stream.replay.Replays;
import io.millrace.stream.trace.Traces;
import io.millrace.testkit.FakeFunctionRuntime;
import io.millrace.testkit.FakeModelServing;
import io.millrace.testkit.FakeSink;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.RecordingMeters;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/** A runtime with one pipeline that runs, and all that looks into it. */
final class InsightWorld implements AutoCloseable {

    static final long NOON = 1_767_268_800_000L;

    final InMemoryStreamLog log = InMemoryStreamLog.immediate(TimeSource.system(), 1);
    final FakeSink sink = new FakeSink();
    final FakeFunctionRuntime functions = new FakeFunctionRuntime();
    final FakeModelServing models = EchoModel.serving();
    final List<ResourceKey> forgotten = new CopyOnWriteArrayList<>();
    final StreamRuntime runtime =
            new StreamRuntime(
                    log,
                    models,
                    functions,
                    List.of(sink),
                    new RecordingMeters(),
                    TimeSource.system(),
                    "node-1",
                    EventLog.none(),
                    Tracing.OFF);
    final Traces traces = new Traces(runtime.insight(), forgotten::add);
    final Replays replays = new Replays(runtime.insight(), ids(), forgotten::add);
    private final PipelinePlan plan;

    InsightWorld(PipelinePlan plan) {
        this.plan = plan;
        log.ensureTopics(Set.of(Plans.INPUT, "other", Plans.DEAD));
        runtime.deploy(plan, () -> {});
        Awaitility.await()
                .until(() ->
                        runtime.observe(plan.pipeline()).orElseThrow()
                                instanceof PipelineState.Running);
    }

    private static IdSource ids() {
        var next = new AtomicInteger();
        return () -> "r" + next.incrementAndGet();
    }

    /** Puts a record into the input, so many seconds after noon. */
    LogPosition put(int second, String value) {
        int offset = log.records(Plans.INPUT).size();
        append(Plans.INPUT, second, value, List.of(Header.of(HeaderNames.TOPIC, "cam/1")));
        return LogPosition.parse(Plans.INPUT + "/0/" + offset);
    }

    void append(String topic, int second, String value, List<Header> headers) {
        log.append(
                new OutgoingRecord(
                        topic,
                        "key".getBytes(StandardCharsets.UTF_8),
                        value.getBytes(StandardCharsets.UTF_8),
                        headers,
                        NOON + second * 1_000L),
                failure -> {
                    if (failure != null) {
                        throw new AssertionError(failure);
                    }
                });
    }

    /** Has the log keep an answer of then. */
    void answered(String topic, LogPosition position, int second, String value) {
        var provenance =
                new Provenance(
                        plan.pipeline().project() + "/" + plan.pipeline().name(),
                        position.toString(),
                        NOON + second * 1_000L + 5,
                        List.of("model/net@1"));
        append(topic, second, value, List.of(Header.of(HeaderNames.PROVENANCE, provenance.text())));
    }

    /** Waits until the pipeline has finished all that was put. */
    void awaitDone() {
        String group = TaskContext.groupOf(plan);
        Awaitility.await()
                .until(() ->
                        log.committed(group).values().stream().mapToLong(Long::longValue).sum()
                                == log.records(Plans.INPUT).size());
    }

    @Override
    public void close() {
        replays.close();
        runtime.close();
        log.close();
    }
}
