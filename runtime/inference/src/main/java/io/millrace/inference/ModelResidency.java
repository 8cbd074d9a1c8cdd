package io.millrace.inference;

import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.api.VersionRef;
import io.millrace.inference.Picture.Target;
import io.millrace.spi.ArtifactSource;
import io.millrace.spi.BlobStore;
import io.millrace.spi.CallObserver;
import io.millrace.spi.Meters;
import io.millrace.spi.ModelConverter;
import io.millrace.spi.ModelEngine;
import io.millrace.spi.ModelHost;
import io.millrace.spi.ModelServing;
import io.millrace.spi.TrafficReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The models of this process: control says which, the data plane calls them. Construct, {@link
 * #start}, {@link #close}, once each.
 */
public final class ModelResidency implements ModelHost, ModelServing, AutoCloseable {

    /** Loading by hand and looking at a model that is not in memory wait at most this long. */
    private static final Duration LONGEST_LOAD = Duration.ofMinutes(5);

    private final ResidencyConfig config;
    private final ModelLibrary library;
    private final Origins origins;
    private final VersionPreparer preparer;
    private final VersionLoader loader;
    private final CallRouter router;
    private final TimeSource time;
    private final Meters meters;

    /** Fetches, converts and tries: that may take minutes and must not keep a caller waiting. */
    private final ScheduledExecutorService preparing;

    /** Brings into memory what callers wait for. */
    private final ScheduledExecutorService loading;

    private final ServedModel.Work work = new Background();
    private final Map<ResourceKey, ServedModel> models = new ConcurrentHashMap<>();

    /** A residency that serves uploaded archives only. */
    public ModelResidency(
            ResidencyConfig config,
            BlobStore blobs,
            List<ModelEngine> engines,
            Prober prober,
            TimeSource time,
            IdSource ids,
            Meters meters) {
        this(
                config,
                blobs,
                List.of(),
                engines,
                List.of(),
                prober,
                time,
                ids,
                meters,
                CallObserver.none());
    }

    /**
     * Makes the residency; does nothing yet.
     *
     * @param config limits and folder
     * @param blobs where archives are
     * @param sources fetch versions from addresses
     * @param engines one per framework
     * @param converters make models of kinds that no engine loads into such that one does
     * @param prober tries models before they are loaded
     * @param time the clock
     * @param ids names for files being made
     * @param meters where numbers go
     * @param observer hears of answered calls
     */
    public ModelResidency(
            ResidencyConfig config,
            BlobStore blobs,
            List<ArtifactSource> sources,
            List<ModelEngine> engines,
            List<ModelConverter> converters,
            Prober prober,
            TimeSource time,
            IdSource ids,
            Meters meters,
            CallObserver observer) {
        this.config = config;
        this.library = new ModelLibrary(config.folder(), config.archives(), blobs, ids);
        this.origins =
                new Origins(
                        sources, library.notes(), blobs, library, config.archives().maxUnpacked());
        this.preparer =
                new VersionPreparer(config, library, origins, engines, converters, prober, time);
        this.loader =
                new VersionLoader(
                        config,
                        new MemoryBudget(config, time, meters, models::values),
                        time,
                        meters);
        this.router = new CallRouter(time, observer);
        this.time = time;
        this.meters = meters;
        this.preparing = executor(config, "model-preparer-");
        this.loading = executor(config, "model-loader-");
    }

    private static ScheduledExecutorService executor(ResidencyConfig config, String name) {
        return new ScheduledThreadPoolExecutor(
                config.loaders(),
                Thread.ofPlatform().daemon().name(name, 1).factory(),
                // After the end nothing is loaded any more.
                new ThreadPoolExecutor.DiscardPolicy());
    }

    /** Removes what an interrupted run left; call it before the first model. */
    public void start() {
        library.sweep();
    }

    @Override
    public void serve(ResourceKey key, ModelSpec spec, Runnable changed) {
        models.computeIfAbsent(key, this::newModel).declare(spec, changed, origins::isHere);
    }

    private ServedModel newModel(ResourceKey key) {
        return new ServedModel(key, meters, library.notes(), work, time, config);
    }

    /** What models have done by other threads. */
    private final class Background implements ServedModel.Work {

        @Override
        public void prepare(ServedModel model, ServedVersion version) {
            preparing.execute(() -> {
                Optional<Duration> again = preparer.prepare(model, version);
                again.ifPresent(wait -> later(preparing, wait, () -> prepare(model, version)));
            });
        }

        @Override
        public void load(ServedModel model, ServedVersion version) {
            ServedVersion.Prepared prepared = version.prepared();
            if (prepared == null) {
                throw MillraceException.internal("a version was loaded before it was tried", null);
            }
            loading.execute(() -> {
                Optional<Duration> again = loader.load(model, version, prepared);
                again.ifPresent(wait ->
                        later(
                                loading,
                                wait,
                                () -> model.update(version, ServedVersion::endBackOff)));
            });
        }

        private void later(ScheduledExecutorService executor, Duration wait, Runnable task) {
            var _ = executor.schedule(task, wait.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public List<ModelVersionStatus> observe(ResourceKey key) {
        ServedModel model = models.get(key);
        return model == null ? List.of() : model.observe();
    }

    @Override
    public OptionalInt serving(ResourceKey key) {
        ServedModel model = models.get(key);
        return model == null ? OptionalInt.empty() : model.serving();
    }

    @Override
    public void remove(ResourceKey key) {
        ServedModel model = models.remove(key);
        if (model != null) {
            model.retireAll();
            library.notes().forget(key);
            meters.forget("project", key.project().value(), "model", key.name().value());
        }
    }

    @Override
    public String remark(ResourceKey key) {
        ServedModel model = models.get(key);
        return model == null ? "" : model.picture().remark();
    }

    @Override
    public Optional<TrafficReport> traffic(ResourceKey key) {
        ServedModel model = models.get(key);
        return model == null ? Optional.empty() : Optional.of(model.traffic());
    }

    @Override
    public String stickyHeader(ProjectId project, ResourceName name) {
        return model(project, name).picture().stickyHeader();
    }

    @Override
    public void load(ProjectId project, ResourceName name) {
        model(project, name).loadAll(time.nanoTime() + LONGEST_LOAD.toNanos());
    }

    @Override
    public void unload(ProjectId project, ResourceName name) {
        awaitClosed(model(project, name).unloadAll(), time.nanoTime() + config.drain().toNanos());
    }

    @Override
    public Answer infer(Call call) {
        return router.answer(model(call.project(), call.model()), call);
    }

    @Override
    public Description describe(ProjectId project, ResourceName name, VersionRef version) {
        ServedModel model = model(project, name);
        Picture picture = model.picture();
        Target target = picture.resolve(version);
        if (target.signatures().isEmpty()) {
            // The probe's report did not tell them exactly; the model itself does.
            model.bringBack(target.version(), time.nanoTime() + LONGEST_LOAD.toNanos());
            picture = model.picture();
            target = picture.resolve(version);
        }
        return picture.describe(target);
    }

    @Override
    public List<Description> list(ProjectId project) {
        return models.values().stream()
                .filter(model -> model.key().project().equals(project))
                .map(model -> model.picture().describe())
                .sorted(Comparator.comparing(Description::model))
                .toList();
    }

    private ServedModel model(ProjectId project, ResourceName name) {
        ServedModel model = models.get(ResourceKey.of(Kind.MODEL, project, name));
        if (model == null) {
            throw MillraceException.notFound("Model with name " + name + " does not exist.");
        }
        return model;
    }

    /** Answers what is under way, as long as the configuration allows, and frees all models. */
    @Override
    public void close() {
        preparing.shutdownNow();
        loading.shutdownNow();
        var draining = new ArrayList<Batcher>();
        models.values().forEach(model -> draining.addAll(model.retireAll()));
        models.clear();
        long deadline = time.nanoTime() + config.drain().toNanos();
        awaitClosed(draining, deadline);
        awaitEnd(preparing, deadline);
        awaitEnd(loading, deadline);
    }

    private void awaitClosed(List<Batcher> closing, long deadline) {
        for (Batcher batcher : closing) {
            batcher.awaitClosed(deadline - time.nanoTime());
        }
    }

    private void awaitEnd(ScheduledExecutorService executor, long deadline) {
        try {
            executor.awaitTermination(
                    Math.max(0, deadline - time.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
