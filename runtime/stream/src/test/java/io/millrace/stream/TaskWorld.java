package io.millrace.stream;

import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import io.millrace.spi.ObjectStores;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.Tracing;
import io.millrace.spi.TransformerServing;
import io.millrace.stream.tap.Taps;
import io.millrace.testkit.FakeFunctionRuntime;
import io.millrace.testkit.FakeModelServing;
import io.millrace.testkit.FakeSink;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.TestingTime;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/** One task with everything around it faked, stepped by hand. */
final class TaskWorld implements AutoCloseable {

    final TestingTime time = new TestingTime();
    final InMemoryStreamLog log = InMemoryStreamLog.immediate(time, 1);
    final FakeSink sink = new FakeSink();
    final FakeFunctionRuntime functions = new FakeFunctionRuntime();
    final FakeModelServing models = EchoModel.serving();
    final RecordingMeters recording = new RecordingMeters();
    final PipelinePlan plan;
    final TaskControl control;
    final PipelineMeters meters;
    private final TaskContext context;
    private PipelineTask task;

    TaskWorld(PipelinePlan plan) {
        this(plan, Tracing.OFF);
    }

    TaskWorld(PipelinePlan plan, Tracing tracing) {
        this(plan, tracing, ObjectStores.none());
    }

    TaskWorld(PipelinePlan plan, Tracing tracing, ObjectStores stores) {
        this(plan, tracing, stores, TransformerServing.none());
    }

    TaskWorld(
            PipelinePlan plan, Tracing tracing, ObjectStores stores, TransformerServing requests) {
        this.plan = plan;
        var parking = new NoParking();
        context =
                new TaskContext(
                        log,
                        models,
                        functions,
                        List.of(sink),
                        time,
                        parking,
                        "node",
                        2_000,
                        new ReplyTopics(),
                        new Taps(time, recording),
                        tracing,
                        stores,
                        requests);
        log.ensureTopics(Set.of(Plans.INPUT, "other", Plans.DEAD));
        control = new TaskControl(time, plan.inputs(), () -> {});
        meters = new PipelineMeters(recording, plan.pipeline());
        task = PipelineTask.open(context, plan, 0, control, meters);
    }

    /** Nothing is ever waited for: the log ends its appends at once. */
    private static final class NoParking implements Parking {
        @Override
        public void park() {
            throw new AssertionError("waits for an append that will never end");
        }

        @Override
        public void unpark(Thread thread) {}
    }

    io.millrace.stream.tap.Taps taps() {
        return context.taps();
    }

    PipelineTask task() {
        return task;
    }

    /** The task's exception was seen by a supervisor, which builds a new one. */
    void rebuild() {
        task.close();
        task = PipelineTask.open(context, plan, 0, control, meters);
    }

    TaskWorld put(String... values) {
        for (String value : values) {
            putTo(Plans.INPUT, "key", value);
        }
        return this;
    }

    void putTo(String topic, String key, String value) {
        log.append(
                new OutgoingRecord(
                        topic,
                        key.getBytes(StandardCharsets.UTF_8),
                        value.getBytes(StandardCharsets.UTF_8),
                        List.of(
                                Header.of(HeaderNames.TOPIC, "cam/1"),
                                Header.of(HeaderNames.RECEIVED, "1767225600000000001"),
                                Header.of("line", "7")),
                        time.epochMillis()),
                failure -> {
                    if (failure != null) {
                        throw new AssertionError(failure);
                    }
                });
    }

    /** A record with these headers alone. */
    void putWith(String topic, String value, Header... headers) {
        log.append(
                new OutgoingRecord(
                        topic,
                        "key".getBytes(StandardCharsets.UTF_8),
                        value.getBytes(StandardCharsets.UTF_8),
                        List.of(headers),
                        time.epochMillis()),
                failure -> {
                    if (failure != null) {
                        throw new AssertionError(failure);
                    }
                });
    }

    /** What the sink accepted, as text. */
    List<String> outputs() {
        return sink.accepted().stream().map(OutputRecord::value).map(TaskWorld::text).toList();
    }

    List<LogRecord> deadLetters() {
        return log.records(Plans.DEAD);
    }

    long committed() {
        return log.committed(TaskContext.groupOf(plan)).values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        task.close();
    }
}
