package io.millrace.management.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.management.http.TestServer.Answer;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogPosition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.PipelineEdge;
import io.millrace.spi.PipelineReplays;
import io.millrace.spi.PipelineTaps;
import io.millrace.spi.PipelineTraces;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class InsightRoutesTest {
    private static final ResourceKey KEY = ResourceKey.of(Kind.PIPELINE, ProjectId.DEFAULT, "p");
    private static final String PIPELINE = "/projects/default/pipelines/p";
    private static final LogPosition POSITION = LogPosition.parse("default.source.s.f/0/7");

    private final TestServer server = new TestServer();

    @BeforeEach
    void start() {
        server.apply(
                """
                apiVersion: millrace.io/v1
                kind: Pipeline
                metadata: {name: p}
                spec:
                  from: {categories: {kind: [image]}}
                  steps:
                    - model: {name: digits, decode: {format: json, fields: [x]}}
                  to: [{mqtt: {topic: out}}]
                """);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void streamsTheRecordsOfAnEdge() throws Exception {
        try (EventReader tap = server.events(PIPELINE + "/tap?edge=digits&rate=2.5&every=10")) {
            Awaitility.await()
                    .atMost(30, TimeUnit.SECONDS)
                    .until(() -> !server.insight.samplings().isEmpty());
            assertThat(server.insight.samplings())
                    .containsExactly(new PipelineTaps.Sampling(new PipelineEdge.After(1), 2.5, 10));
            server.insight.show(seen("{\"a\":1}", null));
            EventReader.Event record = tap.next();
            assertThat(record.type()).isEqualTo("record");
            assertThat(record.json().at("/time").asString()).isEqualTo("1970-01-01T00:00:01Z");
            assertThat(record.json().at("/edge").asString()).isEqualTo("step 1 model/digits");
            assertThat(record.json().at("/position").asString()).isEqualTo(POSITION.toString());
            assertThat(record.json().at("/key").asString()).isEqualTo("k");
            assertThat(record.json().at("/payload/format").asString()).isEqualTo("json");
            assertThat(record.json().at("/payload/text").asString()).isEqualTo("{\"a\":1}");
            assertThat(record.json().at("/headers/0/value").asString()).isEqualTo("cam/1");
            assertThat(record.json().has("failure")).isFalse();

            server.insight.show(
                    seen(
                            "\u0000",
                            new PipelineTaps.Failure("step 1", ErrorCode.INVALID, "no 'x'", 1)));
            EventReader.Event failed = tap.next();
            assertThat(failed.json().at("/payload/text").asString()).isEqualTo("00 (1 byte)");
            assertThat(failed.json().at("/failure/reason").asString()).isEqualTo("no 'x'");

            server.insight.show(new PipelineTaps.Missed(40, 2));
            EventReader.Event missed = tap.next();
            assertThat(missed.type()).isEqualTo("missed");
            assertThat(missed.json().at("/sampled").asInt()).isEqualTo(40);
            assertThat(missed.json().at("/behind").asInt()).isEqualTo(2);
        }
        Awaitility.await()
                .atMost(30, TimeUnit.SECONDS)
                .until(() -> server.insight.samplings().isEmpty());
    }

    private static PipelineTaps.Seen seen(
            String payload, PipelineTaps.@org.jspecify.annotations.Nullable Failure failure) {
        byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
        return new PipelineTaps.Seen(
                1_000,
                "step 1 model/digits",
                POSITION.toString(),
                new byte[] {'k'},
                List.of(Header.of(HeaderNames.TOPIC, "cam/1")),
                bytes,
                bytes.length,
                failure);
    }

    @Test
    void refusesTapsThatCannotBe() {
        assertThat(server.get("/projects/default/pipelines/q/tap").status()).isEqualTo(404);
        assertThat(server.get(PIPELINE + "/tap?edge=2").text("/detail"))
                .isEqualTo("the pipeline has no edge '2'; there are in, 1 (model/digits), out");
        assertThat(server.get(PIPELINE + "/tap?rate=0").status()).isEqualTo(400);
        assertThat(server.get(PIPELINE + "/tap?rate=NaN").status()).isEqualTo(400);
        assertThat(server.get(PIPELINE + "/tap?every=0").status()).isEqualTo(400);
    }

    @Test
    void followsOneRecord() {
        server.insight.know(
                new PipelineTraces.Trace(
                        new LogRecord(
                                POSITION.partition(),
                                POSITION.offset(),
                                null,
                                utf8("{\"x\":1}"),
                                List.of(Header.of(HeaderNames.RECEIVED, "1500000000")),
                                1_000),
                        new PipelineTraces.Dead(
                                LogPosition.parse("default.dead.p/0/3"),
                                new PipelineTaps.Failure("step 1", ErrorCode.INVALID, "bad", 2),
                                2_000),
                        List.of(
                                new PipelineTraces.Output(
                                        LogPosition.parse("out/1/2"),
                                        utf8("yes"),
                                        3_000,
                                        List.of("model/digits@1"))),
                        List.of("mqtt out: nothing is known"),
                        List.of(
                                new PipelineTraces.Passed(
                                        "step 1 model/digits",
                                        Duration.ofNanos(1_234_567),
                                        List.of(utf8("[1]")),
                                        Optional.empty()))));

        Answer trace = server.get(PIPELINE + "/trace?position=" + POSITION);
        assertThat(trace.status()).isEqualTo(200);
        assertThat(trace.text("/input/received")).isEqualTo("1970-01-01T00:00:01.500Z");
        assertThat(trace.text("/input/payload/text")).isEqualTo("{\"x\":1}");
        assertThat(trace.text("/state/name")).isEqualTo("dead");
        assertThat(trace.text("/state/failure/reason")).isEqualTo("bad");
        assertThat(trace.text("/state/letter")).isEqualTo("default.dead.p/0/3");
        assertThat(trace.text("/outputs/0/steps/0")).isEqualTo("model/digits@1");
        assertThat(trace.text("/outputs/0/payload/text")).isEqualTo("yes");
        assertThat(trace.text("/remarks/0")).isEqualTo("mqtt out: nothing is known");
        assertThat(trace.json().at("/steps/0/millis").asDouble()).isEqualTo(1.234);
        assertThat(server.insight.wasTried()).isTrue();

        server.get(PIPELINE + "/trace?try=false&position=" + POSITION);
        assertThat(server.insight.wasTried()).isFalse();
        assertThat(server.get(PIPELINE + "/trace?position=default.source.s.f/0/8").status())
                .isEqualTo(404);
        assertThat(server.get(PIPELINE + "/trace").text("/detail")).contains("position");
        assertThat(server.get(PIPELINE + "/trace?position=x/1").status()).isEqualTo(400);
    }

    @Test
    void startsReportsAndCancelsReplays() {
        Answer started =
                server.post(
                        PIPELINE + "/replays",
                        """
                        {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z",
                         "models": {"digits": 3}, "into": "try", "limit": 500, "examples": 2}
                        """);
        assertThat(started.status()).isEqualTo(202);
        assertThat(started.text("/state")).isEqualTo("running");
        assertThat(started.json().at("/models/digits").asInt()).isEqualTo(3);
        assertThat(started.text("/into")).isEqualTo("try");
        String id = started.text("/id");
        PipelineReplays.Request request = server.insight.job(KEY, id).request();
        assertThat(request)
                .isEqualTo(
                        new PipelineReplays.Request(
                                Instant.parse("2026-01-01T00:00:00Z"),
                                Instant.parse("2026-01-02T00:00:00Z"),
                                Map.of(new ResourceName("digits"), 3),
                                Optional.of(new ResourceName("try")),
                                500,
                                2));

        server.insight.put(
                new PipelineReplays.Job(
                        id,
                        KEY,
                        request,
                        PipelineReplays.State.DONE,
                        "finished",
                        10,
                        10,
                        Instant.EPOCH,
                        report()));
        Answer done = server.get(PIPELINE + "/replays/" + id);
        assertThat(done.text("/state")).isEqualTo("done");
        assertThat(done.text("/report/comparedWith")).isEqualTo("serving");
        assertThat(done.json().at("/report/agreement").asDouble()).isEqualTo(0.8);
        assertThat(done.text("/report/labels/0/now")).isEqualTo("dog");
        assertThat(done.text("/report/examples/0/then/0")).isEqualTo("a");
        assertThat(done.json().at("/report").has("meanDifference")).isFalse();
        assertThat(server.get(PIPELINE + "/replays").json().at("/items").size()).isEqualTo(1);

        assertThat(server.delete(PIPELINE + "/replays/" + id).text("/state"))
                .isEqualTo("cancelled");
        assertThat(server.get(PIPELINE + "/replays/none").status()).isEqualTo(404);
    }

    private static PipelineReplays.Report report() {
        return new PipelineReplays.Report(
                PipelineReplays.Reference.SERVING,
                "the declared versions",
                10,
                8,
                2,
                0,
                0,
                0,
                0,
                0,
                OptionalDouble.of(0.8),
                List.of(new PipelineReplays.LabelCount("cat", "dog", 2)),
                0,
                OptionalDouble.empty(),
                List.of(new PipelineReplays.Example(POSITION, List.of("a"), List.of("b", "c"))));
    }

    @Test
    void refusesReplaysThatSayNothing() {
        assertThat(replay("").text("/detail")).contains("must be a JSON object");
        assertThat(replay("{\"from\": \"yesterday\"}").text("/detail"))
                .isEqualTo("from: must be a time such as 2026-01-31T12:00:00Z, was 'yesterday'");
        assertThat(replay("{\"form\": 1}").text("/detail")).startsWith("unknown field 'form'");
        String times = "\"from\": \"2026-01-01T00:00:00Z\", \"to\": \"2026-01-02T00:00:00Z\"";
        assertThat(replay("{" + times + ", \"models\": {\"m\": \"x\"}}").text("/detail"))
                .startsWith("models.m: must be the number of a version");
        assertThat(replay("{" + times + ", \"limit\": 0}").status()).isEqualTo(400);
    }

    private Answer replay(String body) {
        Answer answer = server.post(PIPELINE + "/replays", body);
        assertThat(answer.status()).isEqualTo(400);
        return answer;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
