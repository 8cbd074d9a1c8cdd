package io.millrace.testkit;

import io.millrace.api.TimeSource;
import io.millrace.conformance.LogReaderConformance;
import io.millrace.spi.StreamLog;

class InMemoryReaderConformanceTest extends LogReaderConformance {

    @Override
    protected StreamLog openLog() {
        return InMemoryStreamLog.immediate(TimeSource.system(), 4);
    }
}
