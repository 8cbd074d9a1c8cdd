package io.millrace.objects.sink;

import static org.awaitility.Awaitility.await;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.BucketAction;
import io.millrace.api.PipelineSpec.BucketOutput;
import io.millrace.api.ProjectId;
import io.millrace.conformance.SinkConformance;
import io.millrace.spi.Sink;
import io.millrace.testkit.FakeObjectStores;
import io.millrace.testkit.FakeObjectStores.Call;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.TestingTime;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/** What arrives at a place, one object after another under one key, is what was put there. */
final class BucketSinkConformanceTest extends SinkConformance {

    private static final String NOTHING = "no value is this";

    private final FakeObjectStores stores = new FakeObjectStores();
    private final Map<String, List<byte[]>> puts = new ConcurrentHashMap<>();
    private final AtomicReference<String> failing = new AtomicReference<>(NOTHING);

    @Override
    protected Sink openSink() {
        stores.before(this::fail).after(this::keep);
        return new BucketSinkConnector(
                        stores,
                        (_, _, _, _) -> Optional.empty(),
                        new TestingTime(),
                        new RecordingMeters())
                .open(new ProjectId("shop"), new BucketOutput(BucketAction.PUT, "results", "{key}"))
                .orElseThrow();
    }

    private void fail(Call call) {
        String expected = failing.get();
        if (call.operation().equals("put")
                && call.content().equals(expected)
                && failing.compareAndSet(expected, NOTHING)) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "503");
        }
    }

    private void keep(Call call) {
        if (call.operation().equals("put")) {
            puts.computeIfAbsent(call.bucket() + "/" + call.key(), _ -> new ArrayList<>())
                    .add(call.content().getBytes(StandardCharsets.UTF_8));
        }
    }

    @Override
    protected String destination() {
        return "results/a/b.json";
    }

    @Override
    protected String otherDestination() {
        return "others/c.json";
    }

    @Override
    protected List<byte[]> arrived(String destination, int count) {
        await().until(() -> puts.getOrDefault(destination, List.of()).size() >= count);
        return puts.getOrDefault(destination, List.of());
    }

    @Override
    protected void failOnce(String value) {
        failing.set(value);
    }
}
