package io.millrace.inference;

import io.millrace.api.ErrorCode;
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
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.BlobStore;
import io.millrace.spi.Meters;
import io.millrace.spi.ModelEngine;
import io.millrace.spi.ModelHost;
import io.millrace.spi.ModelServing;
import io.millrace.spi.TrafficReport;
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

    /** A version may be replaced between choosing and calling it; not many times over. */
    private static final int MAX_ATTEMPTS = 3;

    private final ResidencyConfig config;
    private final ModelLibrary library;
    private final VersionLoader loader;
    private final TimeSource time;
    private final Meters meters;
    private final ScheduledExecutorService loading;
    private final Map<ResourceKey, ServedModel> models = new ConcurrentHashMap<>();

    /**
     * Makes the residency; does nothing yet.
     *
     * @param config limits and folder
     * @param blobs where archives are
     * @param engines one per framework
     * @param prober tries models before they are loaded
     * @param time the clock
     * @param ids names for files being made
     * @param meters where numbers go
     */
    public ModelResidency(
            ResidencyConfig config,
            BlobStore blobs,
            List<ModelEngine> engines,
            Prober prober,
            TimeSource time,
            IdSource ids,
            Meters meters) {
        this.config = config;
        this.library = new ModelLibrary(config.folder(), config.archives(), blobs, ids);
        this.loader = new VersionLoader(config, library, engines, prober, time, meters);
        this.time = time;
        this.meters = meters;
        this.loading =
                new ScheduledThreadPoolExecutor(
                        config.loaders(),
                        Thread.ofPlatform().daemon().name("model-loader-", 1).factory(),
                        // After the end nothing is loaded any more.
                        new ThreadPoolExecutor.DiscardPolicy());
    }

    /** Removes what an interrupted run left; call it before the first model. */
    public void start() {
        library.sweep();
    }

    @Override
    public void serve(ResourceKey key, ModelSpec spec, Runnable changed) {
        ServedModel model = models.computeIfAbsent(key, this::newModel);
        model.declare(
                spec,
                changed,
                version -> loading.execute(() -> load(model, version, spec)),
                Batcher::close);
    }

    private void load(ServedModel model, ServedVersion version, ModelSpec spec) {
        loader.load(model, version, spec)
                .ifPresent(wait -> {
                    var _ =
                            loading.schedule(
                                    () -> load(model, version, spec),
                                    wait.toNanos(),
                                    TimeUnit.NANOSECONDS);
                });
    }

    private ServedModel newModel(ResourceKey key) {
        return new ServedModel(key, new CallMeters(meters, key.project(), key.name()));
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
            model.retireAll(Batcher::close);
        }
    }

    @Override
    public String remark(ResourceKey key) {
        return "";
    }

    @Override
    public Optional<TrafficReport> traffic(ResourceKey key) {
        return models.containsKey(key)
                ? Optional.of(new TrafficReport(List.of(), Optional.empty()))
                : Optional.empty();
    }

    @Override
    public String stickyHeader(ProjectId project, ResourceName name) {
        model(project, name);
        return "";
    }

    @Override
    public void load(ProjectId project, ResourceName name) {
        throw new MillraceException(ErrorCode.UNSUPPORTED, "models cannot be loaded by hand yet");
    }

    @Override
    public void unload(ProjectId project, ResourceName name) {
        throw new MillraceException(ErrorCode.UNSUPPORTED, "models cannot be unloaded by hand yet");
    }

    @Override
    public Answer infer(Call call) {
        ServedModel model = model(call.project(), call.model());
        long start = time.nanoTime();
        try {
            Answer answer = answer(model, call, start + call.timeout().toNanos());
            model.meters().answered(time.nanoTime() - start);
            return answer;
        } catch (MillraceException e) {
            model.meters().failed(e.code());
            throw e;
        }
    }

    private static Answer answer(ServedModel model, Call call, long deadline) {
        for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
            ServedVersion.Serving serving = model.resolve(call.version());
            Signature signature = SignatureChoice.choose(serving.signatures(), call.signature());
            InputCheck.check(signature, call.inputs());
            List<Tensor> outputs = serving.batcher().submit(signature, call.inputs(), deadline);
            if (outputs != null) {
                return new Answer(serving.version(), signature, outputs);
            }
        }
        throw new MillraceException(
                ErrorCode.UNAVAILABLE, "Model with name " + call.model() + " is not ready.");
    }

    @Override
    public Description describe(ProjectId project, ResourceName name, VersionRef version) {
        return model(project, name).describe(version);
    }

    @Override
    public List<Description> list(ProjectId project) {
        return models.values().stream()
                .filter(model -> model.key().project().equals(project))
                .map(ServedModel::describe)
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
        loading.shutdownNow();
        var draining = new ArrayList<Batcher>();
        models.values()
                .forEach(model ->
                        model.retireAll(batcher -> {
                            batcher.close();
                            draining.add(batcher);
                        }));
        models.clear();
        long deadline = time.nanoTime() + config.drain().toNanos();
        for (Batcher batcher : draining) {
            batcher.awaitClosed(deadline - time.nanoTime());
        }
        awaitLoaders(deadline);
    }

    private void awaitLoaders(long deadline) {
        try {
            loading.awaitTermination(Math.max(0, deadline - time.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
