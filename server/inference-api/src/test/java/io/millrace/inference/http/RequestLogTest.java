package io.millrace.inference.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.inference.protocol.LoggedCall;
import io.millrace.inference.protocol.RequestLog;
import io.millrace.inference.protocol.RequestLog.Reading;
import io.millrace.inference.protocol.RequestLog.Settings;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.TestingTime;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RequestLogTest {

    private static final String DROPPED = "millrace_inference_log_dropped_total";
    private static final ProjectId PROJECT = ProjectId.DEFAULT;
    private static final ResourceName MODEL = new ResourceName("m");

    private final TestingTime time = new TestingTime();
    private final RecordingMeters meters = new RecordingMeters();
    private final RequestLog log = new RequestLog(meters, time);

    private void enable(int sampleEvery, int payloadBytes, int capacity) {
        log.enable(
                PROJECT,
                MODEL,
                new Settings(time.now().plusSeconds(60), sampleEvery, payloadBytes, capacity));
    }

    private void call(int status) {
        if (log.takes(PROJECT, MODEL)) {
            log.record(
                    PROJECT,
                    MODEL,
                    new LoggedCall(time.now(), "", "v2", 1, status, "", Duration.ZERO, 1, 1, ""));
        }
    }

    private Reading reading(long after) {
        return log.read(PROJECT, MODEL, after).orElseThrow();
    }

    @Test
    void isOffUntilSwitchedOnAndAgainAfterItsTime() {
        call(200);
        assertThat(log.read(PROJECT, MODEL, -1)).isEmpty();
        enable(1, 0, 10);
        call(200);
        time.advance(Duration.ofSeconds(60));
        call(500);
        assertThat(reading(-1).isOn()).isFalse();
        assertThat(reading(-1).calls()).hasSize(1);
        assertThat(log.disable(PROJECT, MODEL)).isTrue();
        assertThat(log.disable(PROJECT, MODEL)).isFalse();
        assertThat(log.read(PROJECT, MODEL, -1)).isEmpty();
    }

    @Test
    void keepsTheLastAndCountsWhatNobodyRead() {
        enable(1, 0, 3);
        for (int status = 0; status < 5; status++) {
            call(status);
        }
        assertThat(reading(-1).calls()).extracting(c -> c.call().status()).containsExactly(2, 3, 4);
        assertThat(reading(-1).overwritten()).isEqualTo(2);
        // What has been read may go uncounted.
        call(5);
        call(6);
        assertThat(reading(4).calls()).extracting(c -> c.number()).containsExactly(5L, 6L);
        assertThat(meters.total(DROPPED)).isEqualTo(2);
    }

    @Test
    void samplesAndCountsWhatItLeavesOut() {
        enable(4, 0, 10);
        for (int i = 0; i < 10; i++) {
            call(200);
        }
        assertThat(reading(-1).calls()).hasSize(3);
        assertThat(reading(-1).sampledOut()).isEqualTo(7);
        assertThat(meters.total(DROPPED)).isEqualTo(7);
    }

    @Test
    void keepsNoPayloadUnlessAsked() {
        byte[] body = "secret".getBytes(StandardCharsets.UTF_8);
        assertThat(log.payload(PROJECT, MODEL, body)).isEmpty();
        enable(1, 0, 1);
        assertThat(log.payload(PROJECT, MODEL, body)).isEmpty();
        enable(1, 3, 1);
        assertThat(log.payload(PROJECT, MODEL, body)).isEqualTo("sec");
    }

    @Test
    void allLogsTogetherAreBounded() {
        int enabled = 0;
        try {
            while (enabled < 100) {
                log.enable(
                        PROJECT,
                        new ResourceName("m" + enabled),
                        new Settings(time.now().plusSeconds(60), 1, RequestLog.MAX_PAYLOAD, 1000));
                enabled++;
            }
        } catch (MillraceException e) {
            assertThat(e).hasMessageContaining("switch one off");
        }
        assertThat(enabled).isBetween(1, 20);
        // Those that have ended make room.
        time.advance(Duration.ofSeconds(61));
        enable(1, RequestLog.MAX_PAYLOAD, 1000);
        assertThat(log.read(PROJECT, new ResourceName("m0"), -1)).isEmpty();
    }

    @Test
    void refusesSettingsWithoutBounds() {
        assertThatThrownBy(() -> enable(0, 0, 1)).hasMessageContaining("'sample_every'");
        assertThatThrownBy(() -> enable(1, 1 << 20, 1)).hasMessageContaining("'payload_bytes'");
        assertThatThrownBy(() -> enable(1, 0, 1 << 20)).hasMessageContaining("'capacity'");
        assertThatThrownBy(() ->
                        log.enable(
                                PROJECT,
                                MODEL,
                                new Settings(time.now().plus(Duration.ofDays(2)), 1, 0, 1)))
                .hasMessageContaining("24 hours");
    }

    @Test
    void everyCallIsInTheLogOrCounted() throws Exception {
        int threads = 4;
        int each = 2000;
        enable(1, 0, 64);
        var go = new CountDownLatch(1);
        try (var executor = Executors.newFixedThreadPool(threads)) {
            var writers = new ArrayList<Future<?>>();
            for (int i = 0; i < threads; i++) {
                writers.add(
                        executor.submit(() -> {
                            go.await();
                            for (int n = 0; n < each; n++) {
                                call(n);
                            }
                            return null;
                        }));
            }
            go.countDown();
            for (Future<?> writer : writers) {
                writer.get();
            }
        }
        Reading end = reading(-1);
        assertThat(end.calls().size() + end.overwritten()).isEqualTo((long) threads * each);
        assertThat(end.calls()).hasSize(64);
    }
}
