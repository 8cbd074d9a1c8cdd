package io.millrace.embedded.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.FunctionSpec;
import io.millrace.api.Kind;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.ScaleSpec;
import io.millrace.api.TimeSource;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.StreamLog;
import io.millrace.spi.Tracing;
import io.millrace.stream.StreamRuntime;
import io.millrace.testkit.DeliveryOracle;
import io.millrace.testkit.FakeFunctionRuntime;
import io.millrace.testkit.FakeModelServing;
import io.millrace.testkit.RecordingMeters;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGeneratorFactory;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A pipeline that promises exactly once, on the real broker, while its tasks crash inside their
 * transactions and come and go: judged by the delivery oracle through the eyes of a reader of
 * committed records.
 */
@Timeout(180)
class ExactlyOnceIT {

    private static final int BURST = 500;
    private static final int BURSTS = 10;
    private static final int RECORDS = 4 * BURSTS * BURST;
    private static final int CRASHES = 12;
    private static final String INPUT = "shop.source.camera.images";
    private static final String OUTPUT = "results";
    private static final ProjectId PROJECT = new ProjectId("shop");
    private static final ResourceKey PIPELINE = ResourceKey.of(Kind.PIPELINE, PROJECT, "sorter");
    private static final String DEAD = LogTopic.ofDeadLetters(PROJECT, PIPELINE.name());
    private static final ResourceName FUNCTION = new ResourceName("classify");
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir Path directory;
    private final TimeSource time = TimeSource.system();
    private final DeliveryOracle oracle = new DeliveryOracle();

    @Test
    void crashesInsideTransactionsCostNothingAndRepeatNothing() throws Exception {
        long seed = Long.getLong("millrace.seed", time.epochMillis());
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        try (var kafka = new EmbeddedKafka(EmbeddedKafkaConfig.of(directory, 0), this::fail)) {
            kafka.start();
            try (var log = new CrashingLog(open(kafka), random, CRASHES)) {
                log.ensureTopics(List.of(INPUT, OUTPUT, DEAD));
                var functions = new FakeFunctionRuntime();
                functions.define(message -> verdict(message.payload()));
                try (var runtime = runtime(log, functions);
                        var reader = log.consumer(new ConsumerSpec("reader", "r", 0, 5_000))) {
                    reader.subscribe(Set.of(OUTPUT, DEAD));
                    for (int tasks : new int[] {2, 3, 1, 2}) {
                        runtime.deploy(plan(tasks), () -> {});
                        for (int i = 0; i < BURSTS; i++) {
                            produce(log);
                            read(reader, seen() + BURST / 2);
                        }
                    }
                    read(reader, RECORDS);
                    readOn(reader);
                }
                assertThat(oracle.problems(0, 0))
                        .as("repeat with -Dmillrace.seed=%d", seed)
                        .isEmpty();
                assertThat(log.crashes()).isPositive();
                assertThat(oracle.deadLetters()).isEqualTo(poisoned());
                assertThat(oracle.outputs()).isEqualTo(RECORDS - poisoned());
                assertThat(writtenAtAll(kafka)).isGreaterThan(oracle.outputs());
            }
        }
    }

    private void fail(io.millrace.api.MillraceException fault) {
        throw fault;
    }

    private static StreamLog open(EmbeddedKafka kafka) {
        return KafkaStreamLog.open(
                KafkaLogConfig.of(kafka.bootstrapServers()), TimeSource.system());
    }

    private StreamRuntime runtime(StreamLog log, FakeFunctionRuntime functions) {
        return new StreamRuntime(
                log,
                new FakeModelServing(),
                functions,
                List.of(),
                new RecordingMeters(),
                time,
                "node",
                io.millrace.spi.EventLog.none(),
                Tracing.OFF);
    }

    private static FunctionResult verdict(byte[] payload) {
        return isPoison(DeliveryOracle.numberOf(payload))
                ? new FunctionResult.Failed(ErrorCode.INVALID, "poison")
                : new FunctionResult.Sent(List.of(payload));
    }

    private static boolean isPoison(long number) {
        return number % 97 == 3;
    }

    private static int poisoned() {
        int count = 0;
        for (int i = 0; i < RECORDS; i++) {
            count += isPoison(i) ? 1 : 0;
        }
        return count;
    }

    private void produce(StreamLog log) throws InterruptedException {
        var appended = new CountDownLatch(BURST);
        for (int i = 0; i < BURST; i++) {
            String key = "k" + i % 50;
            byte[] payload = oracle.next(key, "");
            oracle.acknowledged(payload);
            log.append(
                    new OutgoingRecord(
                            INPUT, key.getBytes(UTF_8), payload, List.of(), time.epochMillis()),
                    failure -> {
                        if (failure == null) {
                            appended.countDown();
                        }
                    });
        }
        assertThat(appended.await(30, TimeUnit.SECONDS)).isTrue();
    }

    private int seen() {
        return oracle.outputs() + oracle.deadLetters();
    }

    /** Until so many records have come, or the patience ends: the oracle says what is missing. */
    private void read(LogConsumer reader, int count) {
        long deadline = time.nanoTime() + PATIENCE.toNanos();
        while (seen() < count && time.nanoTime() < deadline) {
            poll(reader);
        }
    }

    /** A little longer, for what must not come. */
    private void readOn(LogConsumer reader) {
        for (int i = 0; i < 20; i++) {
            poll(reader);
        }
    }

    private void poll(LogConsumer reader) {
        for (LogRecord record : reader.poll(Duration.ofMillis(100))) {
            if (record.partition().topic().equals(OUTPUT)) {
                oracle.output(record.value());
            } else {
                oracle.deadLetter(record.value());
            }
        }
    }

    /** How many outputs were written, those of aborted transactions included. */
    private static long writtenAtAll(EmbeddedKafka kafka) {
        Map<String, Object> settings = new HashMap<>();
        settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_uncommitted");
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        long count = 0;
        try (var consumer =
                new KafkaConsumer<>(
                        settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            var partitions =
                    consumer.partitionsFor(OUTPUT).stream()
                            .map(each -> new TopicPartition(OUTPUT, each.partition()))
                            .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream()
                    .anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
                count += consumer.poll(Duration.ofMillis(100)).count();
            }
        }
        return count;
    }

    private static PipelinePlan plan(int tasks) {
        var function =
                new FunctionSpec(
                        FunctionSpec.Language.PYTHON,
                        "python",
                        List.of(),
                        new FunctionSpec.Source("f.py", "def main(ctx, msg): ctx.send(msg)"),
                        List.of(),
                        FunctionSpec.DEFAULT_TIMEOUT,
                        DataSize.ofMebibytes(64));
        return new PipelinePlan(
                PIPELINE,
                "u1",
                Instant.EPOCH,
                new PipelineSpec(
                        new PipelineSpec.From(
                                new PipelineSpec.ByDataSource(
                                        new ResourceName("camera"), List.of()),
                                PipelineSpec.Start.EARLIEST),
                        List.of(new PipelineSpec.FunctionStep(FUNCTION, Map.of())),
                        List.of(new PipelineSpec.KafkaOutput(OUTPUT)),
                        PipelineSpec.Delivery.EXACTLY_ONCE,
                        PipelineSpec.ErrorPolicy.DEFAULT,
                        ScaleSpec.fixed(tasks)),
                List.of(new PipelinePlan.Input(INPUT, Map.of())),
                Map.of(FUNCTION, function));
    }
}
