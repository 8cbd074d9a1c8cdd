package io.millrace.inference;

import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.inference.ServedVersion.Prepared;
import io.millrace.spi.LoadedModel;
import io.millrace.spi.Meters;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings versions that may be loaded into memory, as far as there is room. */
final class VersionLoader {

    private static final Logger LOG = LoggerFactory.getLogger(VersionLoader.class);

    private final ResidencyConfig config;
    private final MemoryBudget budget;
    private final TimeSource time;
    private final Meters meters;

    VersionLoader(ResidencyConfig config, MemoryBudget budget, TimeSource time, Meters meters) {
        this.config = config;
        this.budget = budget;
        this.time = time;
        this.meters = meters;
    }

    /**
     * Loads; whatever goes wrong ends in the version's state.
     *
     * @return how long after this another try makes sense; empty when none does
     */
    Optional<Duration> load(ServedModel model, ServedVersion version, Prepared prepared) {
        if (!model.isWanted(version)) {
            return Optional.empty(); // nobody makes room for what is gone by now
        }
        long start = time.nanoTime();
        try {
            String problem = budget.reserve(prepared.bytes());
            if (!problem.isEmpty()) {
                return withoutRoom(model, version, problem);
            }
            loadInto(model, version, prepared);
            LOG.info(
                    "model {} version {} loaded after {} ms",
                    model.key(),
                    version.version(),
                    (time.nanoTime() - start) / 1_000_000);
            return Optional.empty();
        } catch (MillraceException e) {
            LOG.warn("model {} version {}: {}", model.key(), version.version(), e.text());
            if (e.code().isTransient()) {
                return failed(model, version, v -> v.loadFailed(e.text()));
            }
            model.update(version, v -> v.reject(e.text()));
            return Optional.empty();
        } catch (Throwable e) {
            // As in preparing: an engine may throw what it likes.
            LOG.error("model {} version {} cannot be loaded", model.key(), version.version(), e);
            String reason = "the server cannot load it: " + e;
            return failed(model, version, v -> v.loadFailed(reason));
        }
    }

    /** There may be room at any moment and a look costs nothing, so waits do not grow. */
    private Optional<Duration> withoutRoom(
            ServedModel model, ServedVersion version, String problem) {
        boolean isWanted =
                model.update(
                        version,
                        v -> {
                            v.loadFailed(problem);
                            v.ready();
                        });
        return isWanted ? Optional.of(config.retryAfter(0)) : Optional.empty();
    }

    private Optional<Duration> failed(
            ServedModel model, ServedVersion version, Consumer<ServedVersion> change) {
        var earlier = new AtomicInteger();
        boolean isWanted =
                model.update(
                        version,
                        v -> {
                            earlier.set(v.countFailure());
                            change.accept(v);
                        });
        return isWanted ? Optional.of(config.retryAfter(earlier.get())) : Optional.empty();
    }

    private void loadInto(ServedModel model, ServedVersion version, Prepared prepared) {
        LoadedModel loaded = new Accounted(engineLoad(prepared), version, prepared.bytes());
        Batcher batcher = null;
        boolean isServed = false;
        try {
            batcher = batcher(model, version, loaded, prepared.verdict());
            warmUp(batcher, loaded.signatures(), prepared.verdict());
            isServed =
                    model.publish(
                            version,
                            new ServedVersion.Serving(
                                    version.version(), batcher, loaded.signatures()));
        } finally {
            if (!isServed && batcher != null) {
                batcher.close();
            } else if (batcher == null) {
                loaded.close();
            }
        }
    }

    /** A failed load gives its room back. */
    private LoadedModel engineLoad(Prepared prepared) {
        boolean isLoaded = false;
        try {
            LoadedModel loaded =
                    prepared.engine().load(prepared.engine().locate(prepared.content().files()));
            isLoaded = true;
            return loaded;
        } finally {
            if (!isLoaded) {
                budget.release(prepared.bytes());
            }
        }
    }

    /** A model that gives back the room it takes when it is freed. */
    private final class Accounted implements LoadedModel {
        private final LoadedModel model;
        private final AtomicLong versionBytes;
        private final long bytes;
        private final AtomicBoolean isClosed = new AtomicBoolean();

        Accounted(LoadedModel model, ServedVersion version, long bytes) {
            this.model = model;
            this.versionBytes = version.loadedBytes();
            this.bytes = bytes;
            versionBytes.addAndGet(bytes);
        }

        @Override
        public List<Signature> signatures() {
            return model.signatures();
        }

        @Override
        public List<Tensor> run(Signature signature, List<Tensor> inputs) {
            return model.run(signature, inputs);
        }

        @Override
        public void close() {
            if (isClosed.compareAndSet(false, true)) {
                try {
                    model.close();
                } finally {
                    versionBytes.addAndGet(-bytes);
                    budget.release(bytes);
                }
            }
        }
    }

    private Batcher batcher(
            ServedModel model,
            ServedVersion version,
            LoadedModel loaded,
            ProbeVerdict.Accepted accepted) {
        var batching = new HashMap<String, Batching>();
        for (ProbeVerdict.TriedSignature signature : accepted.signatures()) {
            batching.put(signature.name(), signature.batching());
        }
        ModelSpec spec = model.spec();
        String name = model.key().name() + "-" + version.version();
        return new Batcher(
                loaded,
                batching,
                BatchLimits.of(spec.batching(), config.workers()),
                Thread.ofPlatform().daemon().name("model-" + name + "-", 1).factory(),
                time,
                BatchMeters.of(
                        meters,
                        "project",
                        model.key().project().value(),
                        "model",
                        model.key().name().value(),
                        "version",
                        Integer.toString(version.version())));
    }

    private static void warmUp(
            Batcher batcher, List<Signature> signatures, ProbeVerdict.Accepted accepted) {
        for (ProbeVerdict.TriedSignature tried : accepted.signatures()) {
            for (Signature signature : signatures) {
                if (tried.hasRun()
                        && tried.name().equals(signature.name())
                        && TrialInputs.isFullyKnown(signature)) {
                    batcher.warmUp(signature, TrialInputs.zeros(signature, 1, 1));
                    batcher.warmUp(signature, TrialInputs.zeros(signature, 1, 1));
                }
            }
        }
    }
}
