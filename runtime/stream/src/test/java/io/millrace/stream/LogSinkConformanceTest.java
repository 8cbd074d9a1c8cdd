package io.millrace.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.PipelineSpec;
import io.millrace.api.TimeSource;
import io.millrace.conformance.SinkConformance;
import io.millrace.spi.LogRecord;
import io.millrace.spi.Sink;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.LogFaults;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;

class LogSinkConformanceTest {

    @Nested
    class InMemory extends SinkConformance {
        private final InMemoryStreamLog log = InMemoryStreamLog.immediate(TimeSource.system(), 1);

        @Override
        protected Sink openSink() {
            var topics =
                    LogTopics.of(
                            log,
                            TimeSource.system(),
                            Plans.KEY,
                            0,
                            new PipelineSpec.KafkaOutput("results"),
                            new ReplyTopics());
            return LogSink.to(topics, log, Parking.threads());
        }

        @Override
        protected String destination() {
            return "results";
        }

        @Override
        protected String otherDestination() {
            return "others";
        }

        @Override
        protected List<byte[]> arrived(String destination, int count) {
            List<byte[]> values = log.records(destination).stream().map(LogRecord::value).toList();
            assertThat(values).hasSizeGreaterThanOrEqualTo(count);
            return values;
        }

        @Override
        protected void failOnce(String value) {
            var failures = new AtomicInteger();
            log.withFaults(
                    LogFaults.none()
                            .losingAppends(record ->
                                    TaskWorld.text(record.value()).equals(value)
                                            && failures.incrementAndGet() == 1));
        }
    }
}
