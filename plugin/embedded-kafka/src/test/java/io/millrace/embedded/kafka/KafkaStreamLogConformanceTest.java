package io.millrace.embedded.kafka;

import io.millrace.conformance.StreamLogConformance;
import io.millrace.spi.StreamLog;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The Kafka log on the embedded broker, which is started once. */
class KafkaStreamLogConformanceTest extends StreamLogConformance {

    @RegisterExtension private static final OneBroker BROKER = new OneBroker();

    @Override
    protected StreamLog openLog() {
        return BROKER.openLog();
    }
}
