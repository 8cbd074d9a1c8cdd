package io.millrace.stream;

import static io.millrace.stream.Plans.aPipeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.TimeSource;
import io.millrace.spi.DeadLetter;
import io.millrace.spi.DeadLetter.Fate;
import io.millrace.spi.DeadLetterBox.Counts;
import io.millrace.spi.FunctionMessage;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LetterFilter;
import io.millrace.spi.LetterJob;
import io.millrace.spi.LetterPosition;
import io.millrace.spi.LogTopic;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.Tracing;
import io.millrace.stream.dead.DeadLetterDesk;
import io.millrace.stream.dead.ResumingHost;
import io.millrace.testkit.FakeFunctionRuntime;
import io.millrace.testkit.FakeSink;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.RecordingMeters;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A pipeline gives records up, its function is mended, and they are tried again. */
@Timeout(60)
class RedriveTest {

    private static final String RETRIES = LogTopic.ofRetries(Plans.PROJECT, Plans.KEY.name());

    private final TimeSource time = TimeSource.system();
    private final InMemoryStreamLog log = InMemoryStreamLog.immediate(time, 2);
    private final FakeSink sink = new FakeSink();
    private final FakeFunctionRuntime functions = new FakeFunctionRuntime();
    private final List<FunctionMessage> seen = new CopyOnWriteArrayList<>();
    private final StreamRuntime runtime =
            new StreamRuntime(
                    log,
                    EchoModel.serving(),
                    functions,
                    List.of(sink),
                    new RecordingMeters(),
                    time,
                    "node-1",
                    io.millrace.spi.EventLog.none(),
                    Tracing.OFF);
    private final DeadLetterDesk desk =
            new DeadLetterDesk(log, time, IdSource.random(), new RecordingMeters());
    private final ResumingHost host = new ResumingHost(runtime, desk);

    RedriveTest() {
        log.ensureTopics(Set.of(Plans.INPUT, Plans.DEAD, RETRIES));
    }

    @AfterEach
    void close() {
        desk.close();
        runtime.close();
    }

    @Test
    void whatWasRedrivenComesOutAsIfItHadNotFailed() {
        functions.define(message -> fail("no such field"));
        deploy();
        put("a", 1_000_000_000_000L);
        put("b", 1_000_000_000_001L);
        awaitOpen(2);
        functions.define(message -> {
            seen.add(message);
            return new FunctionResult.Sent(List.of(message.payload()));
        });
        redrive();
        await().untilAsserted(() -> assertThat(sink.accepted()).hasSize(2));
        assertThat(seen)
                .allSatisfy(message -> {
                    assertThat(message.selectors()).isEqualTo(Map.of("site", "a"));
                    assertThat(message.topic()).isEqualTo("cam/1");
                });
        assertThat(sink.accepted().stream().map(OutputRecord::timestampMillis))
                .containsExactlyInAnyOrder(1_000_000_000_000L, 1_000_000_000_001L);
        assertThat(desk.counts(Plans.KEY)).isEqualTo(new Counts(0, 2, 0));
    }

    @Test
    void whatFailsAgainIsALetterAgainWithAllItsTries() {
        functions.define(message -> fail("still wrong"));
        deploy();
        put("a", 1_000);
        awaitOpen(1);
        DeadLetter first = open().getFirst();
        redrive();
        awaitOpen(1);
        DeadLetter second = open().getFirst();
        assertThat(second.place()).isNotEqualTo(first.place());
        assertThat(first.attempts()).isEqualTo(3);
        assertThat(second.attempts()).isEqualTo(6);
        assertThat(second.readAt()).isEqualTo(first.readAt()).startsWith(Plans.INPUT);
        assertThat(second.timestampMillis()).isEqualTo(1_000);
        assertThat(names(second)).isEqualTo(names(first));
        assertThat(desk.counts(Plans.KEY)).isEqualTo(new Counts(1, 1, 0));
        redrive();
        awaitOpen(1);
        assertThat(open().getFirst().attempts()).isEqualTo(9);
    }

    @Test
    void lettersOfTodayAreNotLostOverStartingLatest() {
        functions.define(message -> fail("no"));
        host.deploy(
                aPipeline().function().to("out").from(Plans.INPUT, RETRIES).latest().plan(),
                () -> {});
        put("a", time.epochMillis());
        awaitOpen(1);
        functions.define(message -> new FunctionResult.Sent(List.of(message.payload())));
        redrive();
        await().untilAsserted(() -> assertThat(sink.accepted()).hasSize(1));
    }

    private static List<String> names(DeadLetter letter) {
        return letter.headers().stream().map(Header::name).toList();
    }

    private static FunctionResult fail(String reason) {
        return new FunctionResult.Failed(ErrorCode.USER_CODE, reason);
    }

    private void deploy() {
        PipelinePlan plan = aPipeline().function().to("out").plan();
        var inputs = new ArrayList<>(plan.inputs());
        inputs.add(new PipelinePlan.Input(RETRIES, Map.of()));
        host.deploy(
                new PipelinePlan(
                        plan.pipeline(),
                        plan.uid(),
                        plan.createdAt(),
                        plan.spec(),
                        inputs,
                        plan.functions()),
                () -> {});
    }

    private void put(String value, long timestamp) {
        log.append(
                new OutgoingRecord(
                        Plans.INPUT,
                        value.getBytes(StandardCharsets.UTF_8),
                        value.getBytes(StandardCharsets.UTF_8),
                        List.of(Header.of(HeaderNames.TOPIC, "cam/1"), Header.of("line", "7")),
                        timestamp),
                _ -> {});
    }

    private List<DeadLetter> open() {
        return desk.list(Plans.KEY, LetterFilter.ALL, Set.of(Fate.OPEN), LetterPosition.START, 100)
                .letters();
    }

    private void awaitOpen(int count) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(open()).hasSize(count));
    }

    private void redrive() {
        LetterJob job = desk.start(Plans.KEY, LetterJob.Action.REDRIVE, LetterFilter.ALL);
        await().until(() ->
                desk.jobs(Plans.KEY).stream()
                        .anyMatch(each -> each.id().equals(job.id()) && each.hasEnded()));
    }
}
