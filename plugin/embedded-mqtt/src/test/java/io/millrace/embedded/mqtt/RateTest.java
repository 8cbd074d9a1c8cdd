package io.millrace.embedded.mqtt;

import static io.millrace.embedded.mqtt.BrokerFixture.FASHION;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import io.millrace.api.DataSourceSpec.EmbeddedMqtt;
import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.spi.SourceBinding;
import io.millrace.testkit.TestingTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client that sends faster than it may waits, and loses nothing. */
@Timeout(60)
class RateTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @TempDir Path directory;

    @Test
    void everythingArrivesAndTheClientIsPaused() {
        try (var fixture = BrokerFixture.start(directory)) {
            fixture.broker.start(
                    new SourceBinding(
                            ResourceKey.of(Kind.DATA_SOURCE, FASHION, "grid"),
                            new EmbeddedMqtt(Optional.empty(), OptionalInt.of(50)),
                            List.of(
                                    new SourceBinding.Route(
                                            new ResourceName("f"), "inqueue/+", "log.f"))));
            var noisy = fixture.connected(FASHION, "noisy").toAsync();
            var acknowledged = new ArrayList<CompletableFuture<?>>();
            for (int i = 0; i < 250; i++) {
                acknowledged.add(
                        noisy.publishWith()
                                .topic("inqueue/noisy")
                                .qos(MqttQos.AT_LEAST_ONCE)
                                .payload(("n" + i).getBytes(UTF_8))
                                .send());
            }
            var quiet = fixture.connected(FASHION, "quiet");
            quiet.publishWith()
                    .topic("inqueue/quiet")
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .payload("q".getBytes(UTF_8))
                    .send();
            await().atMost(40, TimeUnit.SECONDS)
                    .until(() -> acknowledged.stream().allMatch(CompletableFuture::isDone));
            assertThat(fixture.log.values()).hasSize(251).contains("q");
            assertThat(fixture.log.values().stream().filter(v -> v.startsWith("n")))
                    .startsWith("n0")
                    .endsWith("n249");
            assertThat(fixture.meters.countValue("millrace_mqtt_throttled_total")).isPositive();
            noisy.toBlocking().disconnect();
            quiet.disconnect();
        }
    }

    @Test
    void oneSecondsWorthMayComeAtOnce() {
        var limit = new RateLimit(10, 0);
        for (int i = 0; i < 10; i++) {
            assertThat(limit.exceeds(0)).isFalse();
        }
        assertThat(limit.exceeds(0)).isTrue();
        assertThat(limit.waitNanos(0)).isPositive();
        assertThat(limit.waitNanos(SECOND)).isNotPositive();
    }

    @Test
    void overALongTimeTheRateHolds() {
        var limit = new RateLimit(50, 0);
        long now = 0;
        int taken = 0;
        while (now < 60 * SECOND) {
            taken++;
            if (limit.exceeds(now)) {
                now += limit.waitNanos(now);
            }
        }
        assertThat(taken).isBetween(60 * 50, 62 * 50);
    }

    @Test
    void wrongPasswordsAreCountedForAMinute() {
        var time = new TestingTime();
        var attempts = new LoginAttempts(time);
        for (int i = 0; i < LoginAttempts.PER_USER; i++) {
            assertThat(attempts.mayTry("10.0.0.1", "alice")).isTrue();
            attempts.failed("10.0.0.1", "alice");
        }
        assertThat(attempts.mayTry("10.0.0.1", "alice")).isFalse();
        assertThat(attempts.mayTry("10.0.0.1", "bob")).isTrue();
        assertThat(attempts.mayTry("10.0.0.2", "alice")).isTrue();
        for (int i = 0; i < LoginAttempts.PER_ADDRESS; i++) {
            attempts.failed("10.0.0.1", "name" + i);
        }
        assertThat(attempts.mayTry("10.0.0.1", "bob")).isFalse();
        time.advance(Duration.ofSeconds(61));
        assertThat(attempts.mayTry("10.0.0.1", "alice")).isTrue();
    }
}
