package io.millrace.embedded.mqtt;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import io.millrace.api.PipelineSpec;
import io.millrace.api.TimeSource;
import io.millrace.spi.OutputRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Measures a sink's write with no, clean and persistent subscribers. By hand, not in the suite. */
final class SinkLatencyCheck {

    private static final Logger log = LoggerFactory.getLogger(SinkLatencyCheck.class);
    private static final int ROUNDS = 5_000;

    private SinkLatencyCheck() {}

    public static void main(String[] arguments) throws IOException {
        try (var fixture = BrokerFixture.start(Files.createTempDirectory("mqtt"))) {
            measure(fixture, "nobody", 1);
            var clean = fixture.connected(BrokerFixture.FASHION, "clean");
            clean.toAsync().publishes(MqttGlobalPublishFilter.ALL, _ -> {});
            clean.subscribeWith().topicFilter("clean").qos(MqttQos.AT_LEAST_ONCE).send();
            measure(fixture, "clean", 1);
            measure(fixture, "clean", 100);
            var kept = fixture.plain3(BrokerFixture.FASHION, "kept").buildBlocking();
            kept.connectWith().cleanSession(false).send();
            kept.toAsync().publishes(MqttGlobalPublishFilter.ALL, _ -> {});
            kept.subscribeWith().topicFilter("kept").qos(MqttQos.AT_LEAST_ONCE).send();
            measure(fixture, "kept", 1);
            measure(fixture, "kept", 100);
        }
    }

    private static void measure(BrokerFixture fixture, String topic, int batch) {
        TimeSource time = TimeSource.system();
        var records =
                java.util.Collections.nCopies(
                        batch, new OutputRecord(topic, null, new byte[64], List.of(), 0));
        var nanos = new long[ROUNDS / batch + 200];
        try (var sink =
                fixture.broker
                        .open(BrokerFixture.FASHION, new PipelineSpec.MqttOutput(topic))
                        .orElseThrow()) {
            for (int i = 0; i < nanos.length; i++) {
                long start = time.nanoTime();
                sink.write(records);
                nanos[i] = time.nanoTime() - start;
            }
        }
        Arrays.sort(nanos);
        log.warn(
                "{} x{}: p50 {} us, p99 {} us",
                topic,
                batch,
                nanos[nanos.length / 2] / 1_000,
                nanos[nanos.length * 99 / 100] / 1_000);
    }
}
