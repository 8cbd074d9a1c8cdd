package io.millrace.stream;

import static io.millrace.stream.Plans.aPipeline;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.PipelineSpec;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Provenance;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where outputs come from and go to, as their headers say. */
@Timeout(30)
class OutputHeadersTest {

    // ---- provenance

    @Test
    void anOutputSaysWhereItCameFromAndWhatAnsweredIt() {
        var plan = aPipeline().function().generation(7).model().to("out").plan();
        try (var world = new TaskWorld(plan)) {
            world.functions.define(message ->
                    new FunctionResult.Sent(List.of(message.payload(), message.payload())));
            world.put("{\"x\":[1,2]}", "{\"x\":[2,1]}").task().doWork();
            List<Provenance> provenances =
                    world.sink.accepted().stream().map(OutputHeadersTest::provenance).toList();
            assertThat(provenances)
                    .extracting(Provenance::position)
                    .containsExactly(
                            Plans.INPUT + "/0/0",
                            Plans.INPUT + "/0/0",
                            Plans.INPUT + "/0/1",
                            Plans.INPUT + "/0/1");
            assertThat(provenances)
                    .allSatisfy(each -> {
                        assertThat(each.pipeline()).isEqualTo("shop/sorter");
                        assertThat(each.answeredMillis()).isEqualTo(world.time.epochMillis());
                        assertThat(each.steps())
                                .containsExactly("function/classify@7", "model/net@1");
                    });
        }
    }

    @Test
    void eachItemSaysWhichVersionAnsweredIt() {
        try (var world = new TaskWorld(aPipeline().model().to("out").plan())) {
            for (int i = 0; i < 600; i++) {
                world.put("{\"x\":[1,0]}");
            }
            world.models.before(_ -> world.models.answeringAs(1 + world.models.calls().size()));
            world.task().doWork();
            List<String> steps =
                    world.sink.accepted().stream()
                            .map(output -> provenance(output).steps().getFirst())
                            .toList();
            int at = 0;
            int version = 0;
            for (int items : EchoModel.callSizes(world.models)) {
                version++;
                assertThat(steps.subList(at, at + items)).containsOnly("model/net@" + version);
                at += items;
            }
            assertThat(version).isGreaterThan(3);
            assertThat(at).isEqualTo(600);
        }
    }

    @Test
    void aPipelineWithoutStepsHasProvenanceToo() {
        try (var world = new TaskWorld(aPipeline().to("out").plan())) {
            world.put("a").task().doWork();
            assertThat(provenance(world.sink.accepted().getFirst()))
                    .isEqualTo(
                            new Provenance(
                                    "shop/sorter",
                                    Plans.INPUT + "/0/0",
                                    world.time.epochMillis(),
                                    List.of()));
        }
    }

    @Test
    void offsetsOfAllLengthsAreWrittenInFull() {
        var headers = new OutputHeaders(Plans.KEY);
        headers.start(1, 42);
        for (long offset : new long[] {0, 9, 10, 1_234_567_890_123L, Long.MAX_VALUE}) {
            var record =
                    new io.millrace.spi.LogRecord(
                            new io.millrace.spi.LogPartition("t", 3),
                            offset,
                            null,
                            new byte[0],
                            List.of(),
                            0);
            assertThat(TaskWorld.text(headers.provenance(record, Trails.NOTHING)))
                    .isEqualTo("shop/sorter t/3/" + offset + " 42 ");
        }
    }

    @Test
    void whatWasSaidAboutAnEarlierTryIsNotCarriedOn() {
        try (var world = new TaskWorld(aPipeline().to("out").plan())) {
            put(
                    world,
                    Header.of("mine", "1"),
                    Header.of(HeaderNames.PROVENANCE, "another/one t/0/0 1 "),
                    Header.of(HeaderNames.DEAD_REASON, "was bad"),
                    Header.of(HeaderNames.ORIGIN_TOPIC, "first"),
                    Header.of(HeaderNames.TOPIC, "cam/1"),
                    Header.of(HeaderNames.CORRELATION, "c"));
            world.task().doWork();
            OutputRecord output = world.sink.accepted().getFirst();
            assertThat(output.headers())
                    .extracting(Header::name)
                    .containsExactly(
                            "mine",
                            HeaderNames.TOPIC,
                            HeaderNames.CORRELATION,
                            HeaderNames.PROVENANCE);
            assertThat(provenance(output).pipeline()).isEqualTo("shop/sorter");
        }
    }

    @Test
    void kafkaClientsGetWhatTheSenderGaveAndNothingThatLooksLikeOurs() {
        try (var world = new TaskWorld(aPipeline().toLog("out").plan())) {
            put(
                    world,
                    Header.of("mine", "1"),
                    Header.of(HeaderNames.SOURCE, "forged"),
                    Header.of(HeaderNames.TOPIC, "cam/1"),
                    Header.of(HeaderNames.CORRELATION, "c"));
            world.task().doWork();
            List<Header> carried = world.log.records("out").getFirst().headers();
            assertThat(carried)
                    .extracting(Header::name)
                    .containsExactly("mine", HeaderNames.CORRELATION, HeaderNames.PROVENANCE);
            assertThat(parsed(carried).pipeline()).isEqualTo("shop/sorter");
        }
    }

    @Test
    void answersCarryTheKeyOfTheirRequestUnlessTheOutputSaysOtherwise() {
        var keyless =
                new PipelineSpec.KafkaOutput(
                        "keyless", Optional.empty(), false, List.of(), 100, false);
        for (boolean exact : List.of(true, false)) {
            Plans plans = aPipeline().toLog("keyed").to(keyless);
            try (var world = new TaskWorld((exact ? plans.exactlyOnce() : plans).plan())) {
                world.log.append(
                        new OutgoingRecord(
                                Plans.INPUT,
                                "k".getBytes(StandardCharsets.UTF_8),
                                "v".getBytes(StandardCharsets.UTF_8),
                                List.of(Header.of("mine", "1")),
                                world.time.epochMillis()),
                        failure -> assertThat(failure).isNull());
                world.task().doWork();
                assertThat(world.log.records("keyed").getFirst().key()).asString().isEqualTo("k");
                assertThat(world.log.records("keyless").getFirst().key()).isNull();
                assertThat(Header.find(world.log.records("keyless").getFirst().headers(), "mine"))
                        .isEqualTo("1");
            }
        }
    }

    @Test
    void aDeadLetterSaysWhatItHadPassed() {
        var plan = aPipeline().function().generation(3).model().to("out").plan();
        try (var world = new TaskWorld(plan)) {
            put(
                    world,
                    Header.of(HeaderNames.DEAD_REASON, "an older reason"),
                    Header.of(HeaderNames.ORIGIN_TOPIC, "first"));
            world.task().doWork();
            List<Header> letter = world.deadLetters().getFirst().headers();
            assertThat(letter).extracting(Header::name).doesNotHaveDuplicates();
            // Only a retry has an origin; anybody else who says so forges it.
            assertThat(Header.find(letter, HeaderNames.ORIGIN_TOPIC)).isNull();
            assertThat(Header.find(letter, HeaderNames.DEAD_REASON)).contains("expected");
            assertThat(parsed(letter).steps()).containsExactly("function/classify@3", "model/net");
            assertThat(parsed(letter).position()).isEqualTo(Plans.INPUT + "/0/0");
        }
    }

    // ---- replies

    @Test
    void aReplyGoesWhereTheRequestAsksForIt() {
        var mqtt = new PipelineSpec.MqttOutput("declared", Optional.empty(), 1, false, true);
        try (var world = new TaskWorld(aPipeline().to(mqtt).plan())) {
            put(world, Header.of(HeaderNames.REPLY_TOPIC, "tenant/7/answers"));
            put(world, Header.of("kafka_replyTopic", "of-kafka"));
            put(world, Header.of(HeaderNames.REPLY_TOPIC, ""));
            world.task().doWork();
            assertThat(world.sink.accepted())
                    .extracting(OutputRecord::destination)
                    .containsExactly("tenant/7/answers", "declared", "declared");
        }
    }

    @Test
    void anOutputThatDoesNotReplyTakesNoNotice() {
        try (var world = new TaskWorld(aPipeline().to("declared").plan())) {
            put(world, Header.of(HeaderNames.REPLY_TOPIC, "tenant/7/answers"));
            world.task().doWork();
            assertThat(world.sink.accepted().getFirst().destination()).isEqualTo("declared");
        }
    }

    @Test
    void aReplyInTheLogTakesBothNamesOfTheHeader() {
        try (var world = new TaskWorld(aPipeline().to(replyInTheLog()).plan())) {
            put(world, Header.of("kafka_replyTopic", "of-kafka"));
            put(
                    world,
                    Header.of("kafka_replyTopic", "of-kafka"),
                    Header.of(HeaderNames.REPLY_TOPIC, "ours"));
            put(world);
            world.task().doWork();
            assertThat(world.log.records("of-kafka")).hasSize(1);
            assertThat(world.log.records("ours")).hasSize(1);
            assertThat(world.log.records("declared")).hasSize(1);
        }
    }

    @Test
    void aReplyTopicThatMayNotBeWrittenToCostsTheRecordOnly() {
        for (boolean exact : List.of(true, false)) {
            Plans plans = aPipeline().to(replyInTheLog());
            try (var world = new TaskWorld((exact ? plans.exactlyOnce() : plans).plan())) {
                for (String asked :
                        List.of(
                                "a/b",
                                "x".repeat(300),
                                "__consumer_offsets",
                                "rival.source.camera.images",
                                "rival.dead.sorter",
                                "fine")) {
                    put(world, Header.of(HeaderNames.REPLY_TOPIC, asked));
                }
                world.task().doWork();
                assertThat(world.deadLetters())
                        .extracting(l -> Header.find(l.headers(), HeaderNames.DEAD_CODE))
                        .containsExactlyInAnyOrder(
                                "INVALID", "INVALID", "DENIED", "DENIED", "DENIED");
                assertThat(world.log.records("fine")).hasSize(1);
                assertThat(world.committed()).isEqualTo(6);
            }
        }
    }

    @Test
    void requestsMakeNoMoreTopicsThanTheOutputAllows() {
        var output = new PipelineSpec.KafkaOutput("declared", Optional.empty(), true, List.of(), 2);
        for (boolean exact : List.of(true, false)) {
            Plans plans = aPipeline().to(output);
            try (var world = new TaskWorld((exact ? plans.exactlyOnce() : plans).plan())) {
                world.log.ensureTopics(Set.of("there", "there-too"));
                for (String asked :
                        List.of("one", "there", "two", "three", "one", "there-too", "four")) {
                    put(world, Header.of(HeaderNames.REPLY_TOPIC, asked));
                }
                world.task().doWork();
                assertThat(world.deadLetters())
                        .extracting(l -> Header.find(l.headers(), HeaderNames.DEAD_CODE))
                        .containsExactly("TOO_LARGE", "TOO_LARGE");
                assertThat(world.deadLetters())
                        .extracting(l -> Header.find(l.headers(), HeaderNames.DEAD_REASON))
                        .allSatisfy(reason -> assertThat(reason).contains("replyTopics"));
                assertThat(world.log.records("one")).hasSize(2);
                assertThat(world.log.records("there")).hasSize(1);
                assertThat(world.log.records("there-too")).hasSize(1);
                assertThat(world.log.records("two")).hasSize(1);
                assertThat(world.committed()).isEqualTo(7);
            }
        }
    }

    @Test
    void whatTheOutputNamesItselfIsNotAskedForByTheRequest() {
        var output =
                new PipelineSpec.KafkaOutput("{project}.out", Optional.empty(), true, List.of(), 1);
        for (boolean exact : List.of(true, false)) {
            Plans plans = aPipeline().to(output);
            try (var world = new TaskWorld((exact ? plans.exactlyOnce() : plans).plan())) {
                put(world, Header.of(HeaderNames.REPLY_TOPIC, "one"));
                put(world);
                put(world, Header.of(HeaderNames.REPLY_TOPIC, "shop.out"));
                put(world, Header.of(HeaderNames.REPLY_TOPIC, "two"));
                world.task().doWork();
                assertThat(world.log.records("one")).hasSize(1);
                assertThat(world.log.records("shop.out")).hasSize(2);
                assertThat(world.deadLetters())
                        .extracting(l -> Header.find(l.headers(), HeaderNames.DEAD_CODE))
                        .containsExactly("TOO_LARGE");
            }
        }
    }

    private static PipelineSpec.Output replyInTheLog() {
        return new PipelineSpec.KafkaOutput("declared", Optional.empty(), true);
    }

    private static void put(TaskWorld world, Header... headers) {
        world.log.append(
                new OutgoingRecord(
                        Plans.INPUT,
                        null,
                        "v".getBytes(StandardCharsets.UTF_8),
                        List.of(headers),
                        world.time.epochMillis()),
                failure -> assertThat(failure).isNull());
    }

    private static Provenance provenance(OutputRecord output) {
        return parsed(output.headers());
    }

    private static Provenance parsed(List<Header> headers) {
        String text = Header.find(headers, HeaderNames.PROVENANCE);
        return Provenance.parse(text == null ? "" : text).orElseThrow();
    }
}
