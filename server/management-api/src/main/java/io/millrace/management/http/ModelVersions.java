package io.millrace.management.http;

import io.millrace.api.Condition;
import io.millrace.api.DecodeSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.FrameworkName;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.api.TrafficRule;
import io.millrace.control.Admission;
import io.millrace.spi.ModelHost;
import io.millrace.store.ResourceStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** Adds versions to models, and takes back those that turn out to be none. */
final class ModelVersions {
    private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();
    private final ResourceStore store;
    private final ResourceWrites writes;
    private final ModelWrites models;
    private final ModelHost host;
    private final TimeSource time;
    private final Duration patience;

    ModelVersions(
            ManagementPorts ports, ResourceWrites writes, ModelWrites models, Duration patience) {
        this.store = ports.store();
        this.host = ports.models();
        this.time = ports.time();
        this.writes = writes;
        this.models = models;
        this.patience = patience;
    }

    /**
     * A version that is to be added.
     *
     * @param model to which model; need not exist
     * @param version its number
     * @param framework of a model that does not exist; must fit one that does
     * @param decode how payloads become its input, where that is known
     */
    record Request(
            ResourceKey model,
            int version,
            Optional<String> framework,
            Optional<DecodeSpec> decode) {
        Request(ResourceKey model, int version, Optional<String> framework) {
            this(model, version, framework, Optional.empty());
        }
    }

    static String uri(String sha256) {
        return "blob:sha256:" + sha256;
    }

    /** Refuses what cannot be added. */
    void check(Request request) {
        store.image()
                .find(request.model(), ModelSpec.class)
                .ifPresent(model -> check(request, model.spec()));
    }

    private static void check(Request request, ModelSpec spec) {
        if (spec.version(request.version()).isPresent()) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "version %d of %s exists; its content never changes, use a new number"
                            .formatted(request.version(), request.model().label()));
        }
        request.framework()
                .map(FrameworkName::canonical)
                .filter(framework -> !framework.equals(spec.framework()))
                .ifPresent(framework -> {
                    throw MillraceException.invalid(
                            "%s is a model of framework '%s', not '%s'"
                                    .formatted(
                                            request.model().label(), spec.framework(), framework));
                });
    }

    /**
     * Adds a version and waits until it is ready or rejected; a rejected one is taken back.
     *
     * @throws MillraceException {@code TIMEOUT} when neither happens in time; the version stays
     */
    ModelVersionStatus add(Request request, String uri) {
        boolean isNewModel = store.image().find(request.model()).isEmpty();
        Resource<?> written = models.write(request.model(), model -> with(request, uri, model));
        ModelVersionStatus status = await(request, written.metadata().generation());
        if (status.state() == State.REJECTED) {
            takeBack(request, isNewModel);
        }
        return status;
    }

    private static Manifest<ModelSpec> with(
            Request request, String uri, Optional<Resource<ModelSpec>> model) {
        var version = new ModelSpec.Version(request.version(), uri, request.decode());
        if (model.isEmpty()) {
            var spec =
                    ModelSpec.of(
                            request.framework().map(FrameworkName::canonical).orElse("tensorflow"),
                            List.of(version),
                            Map.of());
            return new Manifest<>(request.model(), "", Map.of(), spec);
        }
        check(request, model.get().spec());
        return withVersions(
                model.get(),
                versions -> {
                    var all = new ArrayList<>(versions);
                    all.add(version);
                    return all;
                });
    }

    private static Manifest<ModelSpec> withVersions(
            Resource<ModelSpec> model, UnaryOperator<List<ModelSpec.Version>> change) {
        ModelSpec spec = model.spec();
        return new Manifest<>(
                model.key(),
                model.metadata().title(),
                model.metadata().labels(),
                spec.withVersions(change.apply(spec.versions())));
    }

    /**
     * Takes a version away that nothing names and that answers nobody.
     *
     * @return the model without it
     */
    Resource<?> delete(ResourceKey key, int number) {
        return models.change(
                key,
                spec -> {
                    if (spec.version(number).isEmpty()) {
                        throw ModelTraffic.unknownVersion(key, spec, number);
                    }
                    String user = userOf(key, spec, number);
                    if (!user.isEmpty()) {
                        throw new MillraceException(
                                ErrorCode.CONFLICT,
                                "version %d of %s %s".formatted(number, key.label(), user));
                    }
                    return without(spec, number);
                });
    }

    /** What holds a version, with what to do first; empty when nothing does. Pipelines apart. */
    private String userOf(ResourceKey key, ModelSpec spec, int number) {
        for (String alias : new TreeSet<>(spec.aliases().keySet())) {
            if (Objects.equals(spec.aliases().get(alias), number)) {
                return "is named by the alias '%s'; let that name another one or delete it first"
                        .formatted(alias);
            }
        }
        if (isNamed(spec.traffic(), number)) {
            return "is named by the rule for traffic; set another one first";
        }
        OptionalInt serving = host.serving(key);
        return serving.isPresent() && serving.getAsInt() == number
                ? "answers those who name no version; promote another one first, or delete the model"
                : "";
    }

    private static boolean isNamed(TrafficRule rule, int number) {
        return switch (rule) {
            case TrafficRule.ByAlias() -> false;
            case TrafficRule.Pinned(int version) -> version == number;
            case TrafficRule.Canary(int version, int _, String _) -> version == number;
            case TrafficRule.Shadow(int version, int _) -> version == number;
        };
    }

    private static ModelSpec without(ModelSpec spec, int number) {
        return spec.withVersions(
                spec.versions().stream().filter(v -> v.version() != number).toList());
    }

    private void takeBack(Request request, boolean isNewModel) {
        ResourceKey key = request.model();
        if (store.image().find(key).isEmpty()) {
            return;
        }
        Resource<?> left = models.change(key, spec -> without(spec, request.version()));
        boolean isEmpty = left.spec() instanceof ModelSpec spec && spec.versions().isEmpty();
        // A pipeline may name the model already: then the empty model stays for it.
        if (isNewModel && isEmpty && Admission.checkDelete(store.image(), key).isEmpty()) {
            writes.delete(key, Optional.empty());
        }
    }

    private ModelVersionStatus await(Request request, long generation) {
        var signal = new ArrayBlockingQueue<Boolean>(1);
        long deadline = time.nanoTime() + patience.toNanos();
        ResourceStore.Watcher watcher =
                change -> {
                    if (change.key().equals(request.model())) {
                        // Full is fine: the waiter looks at the newest image in any case.
                        boolean _ = signal.offer(true);
                    }
                };
        try (var _ = store.watch(store.image().revision(), watcher)) {
            while (true) {
                Optional<ModelVersionStatus> result = result(request, generation);
                if (result.isPresent()) {
                    return result.get();
                }
                long left = deadline - time.nanoTime();
                if (left <= 0) {
                    throw late(request);
                }
                // A look now and then, too: a watch may end when the store has too much to tell.
                Boolean _ = signal.poll(Math.min(left, LOOK_NANOS), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "the server stops; the version is kept", e);
        }
    }

    private MillraceException late(Request request) {
        String reason =
                host.observe(request.model()).stream()
                        .filter(status -> status.version() == request.version())
                        .map(ModelVersionStatus::message)
                        .filter(message -> !message.isEmpty())
                        .findFirst()
                        .orElse("see its status");
        return new MillraceException(
                ErrorCode.TIMEOUT,
                "version %d of %s is not ready after %d s; it is kept and goes on being tried: %s"
                        .formatted(
                                request.version(),
                                request.model().label(),
                                patience.toSeconds(),
                                reason));
    }

    /** What became of the version, once the status speaks of the spec that holds it. */
    private Optional<ModelVersionStatus> result(Request request, long generation) {
        Resource<ModelSpec> model =
                store.image()
                        .find(request.model(), ModelSpec.class)
                        .orElseThrow(() -> ResourceWrites.unknown(request.model()));
        boolean isCurrent =
                model.status()
                        .condition(Condition.READY)
                        .filter(ready -> ready.observedGeneration() >= generation)
                        .isPresent();
        return isCurrent
                ? model.status().versions().stream()
                        .filter(v -> v.version() == request.version())
                        .filter(v -> v.state() == State.READY || v.state() == State.REJECTED)
                        .findFirst()
                : Optional.empty();
    }
}
