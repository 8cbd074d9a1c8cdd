package io.millrace.control;

import io.millrace.api.Condition;
import io.millrace.api.Manifest;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Status;
import io.millrace.testkit.FakeAnnouncements;
import io.millrace.testkit.FakeDatasetHost;
import io.millrace.testkit.FakeEnvironments;
import io.millrace.testkit.FakeGraphHost;
import io.millrace.testkit.FakeModelHost;
import io.millrace.testkit.FakeModelMonitor;
import io.millrace.testkit.FakePipelineHost;
import io.millrace.testkit.FakeSourceConnector;
import io.millrace.testkit.FakeTrainingHost;
import io.millrace.testkit.FakeTransformerHost;
import io.millrace.testkit.FakeVersionJudge;
import io.millrace.testkit.RecordingEvents;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.RecordingStepLogs;
import io.millrace.testkit.TestingTime;
import io.millrace.testkit.TopicsOnlyLog;
import java.util.List;
import java.util.Optional;

/** A control loop with fakes all around it, stepped by hand in simulated time. */
final class World {
    final TestingTime time = new TestingTime();
    final SteppedStore store = new SteppedStore(time);
    final RecordingMeters meters = new RecordingMeters();
    final RecordingEvents events = new RecordingEvents();
    RecordingStepLogs stepLogs = new RecordingStepLogs();
    TopicsOnlyLog log = new TopicsOnlyLog();
    FakeSourceConnector mqtt = new FakeSourceConnector();
    FakeEnvironments functions = new FakeEnvironments();
    FakeModelHost models = new FakeModelHost();
    FakeGraphHost graphs = new FakeGraphHost();
    FakePipelineHost pipelines = new FakePipelineHost();
    FakeTrainingHost training = new FakeTrainingHost();
    final FakeDatasetHost datasets = new FakeDatasetHost();
    final FakeAnnouncements announcements = new FakeAnnouncements();
    final FakeModelMonitor monitor = new FakeModelMonitor();
    final FakeRunModels runModels = new FakeRunModels();
    final FakeVersionJudge judge = new FakeVersionJudge();
    final FakeTransformerHost transformers = new FakeTransformerHost();
    private ReconcileLoop loop = newLoop();

    /** A world in which the loop has started. */
    static World started(Manifest<?>... manifests) {
        var world = new World();
        world.put(manifests);
        world.start();
        return world;
    }

    void start() {
        loop.start();
        announcements.listen(new Announcements(store, events));
        settle();
    }

    /** Ends the process and starts a new one: the store is what it was, the hosts know nothing. */
    void restart() {
        stop();
        boot();
    }

    void stop() {
        loop.close();
    }

    void boot() {
        bootWith(new FakeEnvironments());
    }

    void bootWith(FakeEnvironments environments) {
        stepLogs = new RecordingStepLogs();
        log = new TopicsOnlyLog();
        mqtt = new FakeSourceConnector();
        functions = environments;
        models = new FakeModelHost();
        pipelines = new FakePipelineHost();
        loop = newLoop();
        start();
    }

    private ReconcileLoop newLoop() {
        var ports =
                new ControlPorts(
                        log,
                        List.of(mqtt),
                        functions,
                        models,
                        graphs,
                        pipelines,
                        stepLogs,
                        events,
                        monitor,
                        new TrainingPorts(training, datasets, announcements, runModels, judge),
                        transformers);
        return new ReconcileLoop(
                store,
                Control.reconcilers(store, ports),
                events,
                meters,
                time,
                ReconcileConfig.DEFAULT);
    }

    /** Writes without stepping. */
    void put(Manifest<?>... manifests) {
        for (Manifest<?> manifest : manifests) {
            store.put(manifest, Optional.empty());
        }
    }

    /** Writes, and lets everything follow that follows at once. */
    void apply(Manifest<?>... manifests) {
        put(manifests);
        settle();
    }

    void delete(ResourceKey key) {
        store.delete(key, Optional.empty());
        settle();
    }

    /** Steps until nothing is due. */
    int settle() {
        int work = 0;
        int done;
        do {
            store.deliver();
            done = loop.doWork();
            work += done;
        } while (done > 0);
        return work;
    }

    Resource<?> get(ResourceKey key) {
        return store.image().find(key).orElseThrow();
    }

    Status status(ResourceKey key) {
        return get(key).status();
    }

    Condition ready(ResourceKey key) {
        return status(key).condition(Condition.READY).orElseThrow();
    }
}
