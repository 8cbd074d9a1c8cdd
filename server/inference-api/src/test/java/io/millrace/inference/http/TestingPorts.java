package io.millrace.inference.http;

import io.millrace.api.TimeSource;
import io.millrace.spi.ModelServing;
import io.millrace.testkit.RecordingMeters;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** The rest of the server as tests have it: ready, and with ids that count. */
final class TestingPorts {

    private TestingPorts() {}

    static InferencePorts of(ModelServing serving) {
        return of(serving, new RecordingMeters(), () -> true);
    }

    static InferencePorts of(
            ModelServing serving, RecordingMeters meters, BooleanSupplier isReady) {
        var ids = new AtomicInteger();
        TimeSource time = TimeSource.system();
        return new InferencePorts(
                serving,
                new RequestLog(meters, time),
                isReady,
                meters,
                time,
                () -> "id-" + ids.incrementAndGet());
    }
}
