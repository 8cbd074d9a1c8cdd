package io.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ErrorCode;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.conformance.SinkConformance;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What tests rely on behaves like what they stand in for. */
class FakeSinkConformanceTest extends SinkConformance {

    private final FakeSink fake = new FakeSink();

    @Override
    protected Sink openSink() {
        return fake.open(new ProjectId("shop"), new PipelineSpec.MqttOutput("results"))
                .orElseThrow();
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
        List<byte[]> values =
                fake.accepted().stream()
                        .filter(output -> output.destination().equals(destination))
                        .map(OutputRecord::value)
                        .toList();
        assertThat(values).hasSizeGreaterThanOrEqualTo(count);
        return values;
    }

    @Override
    protected void failOnce(String value) {
        fake.failing(batch -> {
            fake.failing(_ -> List.of());
            var failures = new ArrayList<ItemFailure>();
            for (int i = 0; i < batch.size(); i++) {
                if (new String(batch.get(i).value(), StandardCharsets.UTF_8).equals(value)) {
                    failures.add(new ItemFailure(i, ErrorCode.UNAVAILABLE, "connection lost"));
                }
            }
            return failures;
        });
    }
}
