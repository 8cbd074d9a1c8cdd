package io.millrace.management.http;

import io.millrace.api.Condition;
import io.millrace.api.ErrorCode;
import io.millrace.api.FrameworkName;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.api.TimeSource;
import io.millrace.control.Admission;
import io.millrace.store.ResourceStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** Adds versions to models, and takes back those that turn out to be none. */
final class ModelVersions {
    private static final int ATTEMPTS = 20;
    private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();
    private final ResourceStore store;
    private final ResourceWrites writes;
    private final TimeSource time;
    private final Duration patience;

    ModelVersions(ResourceStore store, ResourceWrites writes, TimeSource time, Duration patience) {
        this.store = store;
        this.writes = writes;
        this.time = time;
        this.patience = patience;
    }

    /**
     * A version that is to be added.
     *
     * @param model to which model; need not exist
     * @param version its number
     * @param framework of a model that does not exist; must fit one that does
     */
    record Request(ResourceKey model, int version, Optional<String> framework) {}

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
    ModelVersionStatus add(Request request, String sha256) {
        boolean isNewModel = store.image().find(request.model()).isEmpty();
        Resource<?> written = write(request.model(), model -> with(request, sha256, model));
        ModelVersionStatus status = await(request, written.metadata().generation());
        if (status.state() == State.REJECTED) {
            takeBack(request, isNewModel);
        }
        return status;
    }

    private static Manifest<ModelSpec> with(
            Request request, String sha256, Optional<Resource<ModelSpec>> model) {
        var version = new ModelSpec.Version(request.version(), uri(sha256));
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

    private void takeBack(Request request, boolean isNewModel) {
        ResourceKey key = request.model();
        if (store.image().find(key).isEmpty()) {
            return;
        }
        Resource<?> left = withoutVersion(request);
        boolean isEmpty = left.spec() instanceof ModelSpec spec && spec.versions().isEmpty();
        // A pipeline may name the model already: then the empty model stays for it.
        if (isNewModel && isEmpty && Admission.checkDelete(store.image(), key).isEmpty()) {
            writes.delete(key, Optional.empty());
        }
    }

    private Resource<?> withoutVersion(Request request) {
        return write(
                request.model(),
                now ->
                        withVersions(
                                now.orElseThrow(() -> ResourceWrites.unknown(request.model())),
                                versions ->
                                        versions.stream()
                                                .filter(v -> v.version() != request.version())
                                                .toList()));
    }

    /** Writes what a change makes of the newest state; statuses are written all the time. */
    private Resource<?> write(ResourceKey key, Change change) {
        for (int attempt = 1; ; attempt++) {
            Optional<Resource<ModelSpec>> before = store.image().find(key, ModelSpec.class);
            Revision seen = before.map(m -> m.metadata().revision()).orElse(Revision.NONE);
            try {
                return writes.put(change.apply(before), Optional.of(seen), false).after();
            } catch (FailedPrecondition e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
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
        return new MillraceException(
                ErrorCode.TIMEOUT,
                "version %d of %s was still being checked after %d s; it is kept, see its status"
                        .formatted(
                                request.version(), request.model().label(), patience.toSeconds()));
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

    /** What a model shall be, given what it is. */
    @FunctionalInterface
    private interface Change {
        Manifest<ModelSpec> apply(Optional<Resource<ModelSpec>> before);
    }
}
