package io.millrace.testkit;

import io.millrace.api.TimeSource;
import io.millrace.conformance.TransactionConformance;
import io.millrace.spi.StreamLog;

class InMemoryTransactionConformanceTest extends TransactionConformance {

    @Override
    protected StreamLog openLog() {
        return InMemoryStreamLog.immediate(TimeSource.system(), 4);
    }
}
