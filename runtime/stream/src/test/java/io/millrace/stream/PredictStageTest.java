package io.millrace.stream;

import static io.millrace.stream.Plans.aPipeline;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.PredictStep;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TransformerSpec.Reply;
import io.millrace.api.VersionRef;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import io.millrace.spi.ObjectStores;
import io.millrace.spi.Tracing;
import io.millrace.spi.TransformerReply.Answered;
import io.millrace.spi.TransformerReply.Stages;
import io.millrace.spi.TransformerRequest;
import io.millrace.spi.TransformerServing;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Records as requests for a model with its transformer. */
@Timeout(60)
class PredictStageTest {

    private final List<TransformerRequest> seen = new CopyOnWriteArrayList<>();

    /** Answers with a function of the body. */
    private TransformerServing serving(Function<String, Answered> answers) {
        return new TransformerServing() {
            @Override
            public boolean covers(ProjectId project, ResourceName model) {
                return true;
            }

            @Override
            public Reply replyTo(ProjectId project, ResourceName model) {
                return Reply.EVENT;
            }

            @Override
            public Answered call(Call call) {
                assertThat(call.model().value()).isEqualTo("net");
                assertThat(call.version()).isEqualTo(new VersionRef.Numbered(2));
                seen.add(call.request());
                return answers.apply(new String(call.request().body(), UTF_8));
            }
        };
    }

    private static Answered answer(int status, String body) {
        return new Answered(
                status,
                Map.of(),
                body.getBytes(UTF_8),
                TransformerRequest.ALL_JSON,
                new Stages(0, 0, 0, 0));
    }

    private TaskWorld world(Function<String, Answered> answers) {
        return new TaskWorld(
                aPipeline()
                        .step(new PredictStep(new ResourceName("net"), new VersionRef.Numbered(2)))
                        .to("answers")
                        .plan(),
                Tracing.OFF,
                ObjectStores.none(),
                serving(answers));
    }

    private static String header(LogRecord record, String name) {
        String text = Header.find(record.headers(), name);
        return text == null ? "" : text;
    }

    @Test
    void asksForTheRecordsOfASliceAtOnceAndKeepsTheirOrder() {
        var together = new CyclicBarrier(4);
        try (var world =
                world(body -> {
                    try {
                        together.await(30, TimeUnit.SECONDS);
                    } catch (Exception e) {
                        throw new AssertionError("they are not asked at the same time", e);
                    }
                    return answer(200, "<" + body + ">");
                })) {
            for (int i = 0; i < 20; i++) {
                world.put("r" + i);
            }
            world.task().doWork();
            assertThat(world.outputs()).hasSize(20).startsWith("<r0>", "<r1>").endsWith("<r19>");
        }
    }

    @Test
    void asksAsAKafkaSourcePosts() {
        try (var world = world(body -> answer(200, body))) {
            world.put("a");
            world.putWith(
                    Plans.INPUT,
                    "b",
                    Header.of("ce_specversion", "1.0"),
                    Header.of("ce_id", "7"),
                    Header.of("ce_source", "s"),
                    Header.of("ce_type", "t"),
                    Header.of("Content-Type", "application/json"),
                    Header.of(HeaderNames.OBJECT_KEY, "k.png"));
            world.task().doWork();
            world.task().doWork();
            assertThat(seen).hasSize(2).allMatch(TransformerRequest::isEvent);
            TransformerRequest plain = seen.get(body("a"));
            assertThat(plain.headers())
                    .containsEntry("ce-specversion", "1.0")
                    .containsEntry("ce-id", "partition:0/offset:0")
                    .containsEntry("ce-type", "dev.knative.kafka.event")
                    .containsEntry("ce-subject", "partition:0#0")
                    .containsEntry("ce-key", "key")
                    .containsEntry("ce-kafkaheaderline", "7")
                    .containsEntry(
                            "ce-source",
                            "/apis/v1/namespaces/shop/kafkasources/sorter#" + Plans.INPUT)
                    .doesNotContainKey("content-type")
                    .doesNotContainKey(HeaderNames.TOPIC);
            TransformerRequest event = seen.get(body("b"));
            assertThat(event.headers())
                    .containsEntry("ce-id", "7")
                    .containsEntry("ce-source", "s")
                    .containsEntry("content-type", "application/json")
                    .containsEntry("object.key", "k.png")
                    .doesNotContainKey("ce-subject");
        }
    }

    private int body(String body) {
        return new String(seen.get(0).body(), UTF_8).equals(body) ? 0 : 1;
    }

    @Test
    void anErrorIsThatRecordsDeadLetterAndWhatIsAwayIsWaitedFor() {
        var misses = new AtomicInteger(2);
        try (var world =
                world(body -> {
                    if (body.equals("bad")) {
                        return answer(400, "{\"error\":\"not for me\"}");
                    }
                    if (body.equals("late") && misses.getAndDecrement() > 0) {
                        throw new MillraceException(ErrorCode.UNAVAILABLE, "starting");
                    }
                    return answer(200, body);
                })) {
            world.put("a", "bad", "late", "b");
            for (int i = 0; i < 5; i++) {
                world.task().doWork();
            }
            assertThat(world.outputs()).containsExactly("a", "late", "b");
            assertThat(world.deadLetters()).hasSize(1);
            LogRecord dead = world.deadLetters().getFirst();
            assertThat(header(dead, HeaderNames.DEAD_REASON)).contains("not for me");
            assertThat(header(dead, HeaderNames.DEAD_CODE)).isEqualTo("INVALID");
            assertThat(header(dead, HeaderNames.DEAD_STAGE)).isEqualTo("step 1 model/net");
        }
    }
}
