package io.millrace.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.EventLog;
import io.millrace.spi.PipelineState;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.SourceConnector;
import io.millrace.store.InMemoryResourceStore;
import io.millrace.testkit.FakeEnvironments;
import io.millrace.testkit.FakeGraphHost;
import io.millrace.testkit.FakeModelHost;
import io.millrace.testkit.FakePipelineHost;
import io.millrace.testkit.FakeSourceConnector;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.RecordingStepLogs;
import io.millrace.testkit.TopicsOnlyLog;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Control with its own threads on a real store. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class ControlTest {
    private static final ResourceKey MODEL = Given.key(Kind.MODEL, "m");
    private static final ResourceKey PIPELINE = Given.key(Kind.PIPELINE, "p");

    private final InMemoryResourceStore store =
            new InMemoryResourceStore(TimeSource.system(), IdSource.random());
    private final FakeModelHost models = new FakeModelHost();
    private final FakePipelineHost pipelines = new FakePipelineHost();

    private Control newControl() {
        return new Control(
                store,
                ports(new FakeSourceConnector()),
                new RecordingMeters(),
                TimeSource.system(),
                ReconcileConfig.DEFAULT);
    }

    private ControlPorts ports(SourceConnector sources) {
        return new ControlPorts(
                new TopicsOnlyLog(),
                List.of(sources),
                new FakeEnvironments(),
                models,
                new FakeGraphHost(),
                pipelines,
                new RecordingStepLogs(),
                EventLog.none());
    }

    @Test
    void bringsAWholeProjectUpWhateverTheOrder() {
        try (store;
                Control control = newControl()) {
            control.start();
            assertThat(store.image().find(ResourceKey.ofProject(ProjectId.DEFAULT))).isPresent();
            store.put(
                    Given.pipeline("p", Given.dataSource("camera"), "out", Given.infer("m", "")),
                    Optional.empty());
            store.put(Given.model("m", Map.of(), Given.version(1)), Optional.empty());
            store.put(
                    Given.source("camera", Map.of(), Given.field("image", "images")),
                    Optional.empty());
            store.put(Given.project(), Optional.empty());
            Awaitility.await().until(() -> models.isServing(MODEL));
            models.decide(MODEL, 1, State.READY, "");
            Awaitility.await().until(() -> pipelines.plan(PIPELINE).isPresent());
            pipelines.become(PIPELINE, new PipelineState.Running(Map.of()));

            Awaitility.await()
                    .until(() -> store.image().find(PIPELINE).map(Resource::isReady).orElse(false));
        }
    }

    @Test
    void closingTwiceIsFineAndAfterwardsNothingIsDecided() {
        try (store) {
            Control control = newControl();
            control.start();
            control.close();
            control.close();

            store.put(Given.project(), Optional.empty());
            store.put(Given.model("m", Map.of(), Given.version(1)), Optional.empty());

            assertThat(models.isServing(MODEL)).isFalse();
        }
    }

    @Test
    void waitsForAllThatIsUnderWayTogetherAndNotForOneAfterTheOther() {
        Duration patience = Duration.ofSeconds(1);
        TimeSource time = TimeSource.system();
        try (store;
                var stuck = new StuckConnector()) {
            store.put(Given.project(), Optional.empty());
            for (int i = 0; i < ReconcileConfig.DEFAULT.threads(); i++) {
                store.put(
                        Given.source("s" + i, Map.of(), Given.field("image", "topic-" + i)),
                        Optional.empty());
            }
            var control =
                    new Control(
                            store,
                            ports(stuck),
                            new RecordingMeters(),
                            time,
                            ReconcileConfig.DEFAULT,
                            patience);
            control.start();
            Awaitility.await().until(() -> stuck.inside.get() == ReconcileConfig.DEFAULT.threads());

            long begun = time.nanoTime();
            control.close();

            assertThat(Duration.ofNanos(time.nanoTime() - begun))
                    .isBetween(patience, patience.multipliedBy(2));
        }
    }

    /** Does not come back, whoever interrupts it, before it is closed. */
    private static final class StuckConnector implements SourceConnector, AutoCloseable {
        final AtomicInteger inside = new AtomicInteger();
        private final CountDownLatch end = new CountDownLatch(1);

        @Override
        public boolean supports(DataSourceSpec.Connection connection) {
            return true;
        }

        @Override
        public void start(SourceBinding binding) {
            inside.incrementAndGet();
            boolean wasInterrupted = false;
            while (true) {
                try {
                    end.await();
                    break;
                } catch (InterruptedException e) {
                    wasInterrupted = true;
                }
            }
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void stop(ResourceKey source) {}

        @Override
        public void close() {
            end.countDown();
        }
    }
}
