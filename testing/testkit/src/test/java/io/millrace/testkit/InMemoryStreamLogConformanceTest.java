package io.millrace.testkit;

import io.millrace.api.TimeSource;
import io.millrace.conformance.StreamLogConformance;
import io.millrace.spi.StreamLog;

class InMemoryStreamLogConformanceTest extends StreamLogConformance {

    @Override
    protected StreamLog openLog() {
        return InMemoryStreamLog.immediate(TimeSource.system(), 4);
    }
}
