package io.millrace.embedded.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.conformance.TransactionConformance;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Transactions of the Kafka log on the embedded broker, which is started once. */
class KafkaTransactionConformanceTest extends TransactionConformance {

    @RegisterExtension private static final OneBroker BROKER = new OneBroker();

    @Override
    protected StreamLog openLog() {
        return BROKER.openLog();
    }

    @Test
    void aRecordThatIsTooLargeSpoilsItsTransactionAndNotTheNext() {
        String topic = "spoilt." + IdSource.random().next();
        try (var log = openLog();
                var writer = log.transactor("writer of " + topic)) {
            log.ensureTopics(List.of(topic));
            var failures = new ConcurrentLinkedQueue<ErrorCode>();
            writer.begin();
            writer.append(record(topic, 60 << 20), failure -> failures.add(codeOf(failure)));
            assertThat(failures).containsExactly(ErrorCode.TOO_LARGE);
            assertThatThrownBy(writer::commit).isInstanceOf(MillraceException.class);
            writer.begin();
            writer.append(record(topic, 1), failure -> failures.add(codeOf(failure)));
            writer.abort();
            writer.begin();
            writer.append(record(topic, 7), failure -> failures.add(codeOf(failure)));
            writer.commit();
            try (var reader = log.consumer(new ConsumerSpec("of " + topic, "m", 0, 10))) {
                reader.subscribe(Set.of(topic));
                var sizes = new ArrayList<Integer>();
                await().atMost(30, TimeUnit.SECONDS)
                        .untilAsserted(() -> {
                            reader.poll(Duration.ofMillis(50))
                                    .forEach(r -> sizes.add(r.value().length));
                            assertThat(sizes).containsExactly(7);
                        });
            }
        }
    }

    @Test
    void membersThatComeAndGoCostOthersARepetitionAndNotTheirPlace() throws Exception {
        String topic = "shared." + IdSource.random().next();
        String group = "of " + topic;
        var isOver = new AtomicBoolean();
        try (var log = openLog();
                var guests = Executors.newSingleThreadExecutor()) {
            log.ensureTopics(List.of(topic, topic + ".out"));
            for (int i = 0; i < 100_000; i++) {
                log.append(record(topic, 1), _ -> {});
            }
            try (var writer = log.transactor("writer of " + topic);
                    var member = log.consumer(new ConsumerSpec(group, "a", 0, 10))) {
                member.subscribe(Set.of(topic));
                answer(member, writer, topic + ".out");
                guests.execute(() -> {
                    comeAndGo(log, new ConsumerSpec(group, "b", 0, 10), topic, isOver);
                });
                while (!isOver.get()) {
                    answer(member, writer, topic + ".out");
                }
            } finally {
                isOver.set(true);
            }
            assertThat(texts(log, topic + ".out")).isNotEmpty().doesNotHaveDuplicates();
        }
    }

    /** Reads without ever committing, so that all of it is the other's to answer. */
    private static void comeAndGo(
            StreamLog log, ConsumerSpec spec, String topic, AtomicBoolean isOver) {
        try {
            for (int i = 0; i < 6 && !isOver.get(); i++) {
                try (var guest = log.consumer(spec)) {
                    guest.subscribe(Set.of(topic));
                    boolean isEmpty = true;
                    for (int poll = 0; poll < 100 && isEmpty && !isOver.get(); poll++) {
                        isEmpty = guest.poll(Duration.ofMillis(20)).isEmpty();
                    }
                }
            }
        } finally {
            isOver.set(true);
        }
    }

    /** Answers what one poll gives with where it stands, as often as the log asks for it. */
    private static void answer(LogConsumer member, LogTransactor writer, String output) {
        List<LogRecord> records = member.poll(Duration.ofMillis(200));
        var next = new HashMap<LogPartition, Long>();
        records.forEach(each -> next.merge(each.partition(), each.offset() + 1, Math::max));
        boolean isCommitted = records.isEmpty();
        while (!isCommitted) {
            writer.begin();
            for (LogRecord each : records) {
                byte[] place = (each.partition() + "/" + each.offset()).getBytes(UTF_8);
                writer.append(new OutgoingRecord(output, null, place, List.of(), 1), _ -> {});
            }
            TimeSource.system().pause(Duration.ofMillis(10)); // as long as a step takes
            isCommitted = writer.commit(member, next);
        }
    }

    private static List<String> texts(StreamLog log, String topic) {
        var texts = new ArrayList<String>();
        try (var reader = log.reader(1_000)) {
            reader.seek(reader.ranges(Set.of(topic)));
            while (!reader.isAtEnd()) {
                reader.poll(Duration.ofMillis(200))
                        .forEach(each -> texts.add(new String(each.value(), UTF_8)));
            }
        }
        return texts;
    }

    private static OutgoingRecord record(String topic, int bytes) {
        return new OutgoingRecord(topic, null, new byte[bytes], List.of(), 1);
    }

    private static ErrorCode codeOf(@Nullable Exception failure) {
        return failure instanceof MillraceException e ? e.code() : ErrorCode.INTERNAL;
    }
}
