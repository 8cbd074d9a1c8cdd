package io.millrace.management.http;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.Metadata;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.api.Spec;
import io.millrace.api.Status;
import io.millrace.api.TimeSource;
import io.millrace.control.Admission;
import io.millrace.control.Refusal;
import io.millrace.security.SecretStore;
import io.millrace.spi.ObjectStoreHost;
import io.millrace.store.ResourceStore;
import io.millrace.store.StoreImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * All that users write goes through here: admission, then the store. One writer at a time, so that
 * what admission saw is still so when the write happens.
 */
final class ResourceWrites {
    private final ResourceStore store;
    private final SecretStore secrets;
    private final ObjectStoreHost objects;
    private final TimeSource time;
    private final Supplier<?> started;
    private final ReentrantLock lock = new ReentrantLock();

    /**
     * Writes to a store.
     *
     * @param started throws while the server starts
     */
    ResourceWrites(
            ResourceStore store,
            SecretStore secrets,
            ObjectStoreHost objects,
            TimeSource time,
            Supplier<?> started) {
        this.store = store;
        this.secrets = secrets;
        this.objects = objects;
        this.time = time;
        this.started = started;
    }

    /** What a write did, or would do. */
    enum Change {
        CREATED,
        UPDATED,
        UNCHANGED
    }

    /**
     * A resource that was written, or would be.
     *
     * @param change what happened to it
     * @param before what it was; empty when it is new
     * @param after what it is
     */
    record Written(Change change, Optional<Resource<?>> before, Resource<?> after) {}

    /** Writes one resource. */
    Written put(Manifest<?> manifest, Optional<Revision> expected, boolean isDryRun) {
        lock.lock();
        try {
            StoreImage image = store.image();
            checkRevision(image, manifest.key(), expected);
            admit(image, List.of(manifest));
            return write(image, manifest, expected, isDryRun);
        } finally {
            lock.unlock();
        }
    }

    /** Writes several resources: all of them, or none when one is not admitted. */
    List<Written> putAll(List<Manifest<?>> manifests, boolean isDryRun) {
        lock.lock();
        try {
            StoreImage image = store.image();
            admit(image, manifests);
            var inOrder = new ArrayList<Manifest<?>>(manifests);
            // What others refer to comes first; kinds are declared in that order.
            inOrder.sort(Comparator.comparing(manifest -> manifest.key().kind()));
            Map<ResourceKey, Written> written = new HashMap<>();
            for (Manifest<?> manifest : inOrder) {
                written.put(manifest.key(), write(image, manifest, Optional.empty(), isDryRun));
            }
            return manifests.stream()
                    .map(m -> Objects.requireNonNull(written.get(m.key())))
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    /** Removes a resource that nobody uses, and gives its last state. */
    Resource<?> delete(ResourceKey key, Optional<Revision> expected) {
        lock.lock();
        try {
            StoreImage image = store.image();
            Resource<?> last = image.find(key).orElseThrow(() -> unknown(key));
            checkRevision(image, key, expected);
            Admission.checkDelete(image, key)
                    .ifPresent(refusal -> {
                        throw new RefusedChange(List.of(refusal));
                    });
            if (key.kind() == Kind.PROJECT) {
                checkEmpty(new ProjectId(key.name().value()));
            }
            if (!store.delete(key, expected)) {
                throw unknown(key);
            }
            if (key.kind() == Kind.PROJECT) {
                var project = new ProjectId(key.name().value());
                secrets.deleteAll(project);
                objects.forget(project);
            }
            return last;
        } finally {
            lock.unlock();
        }
    }

    /** Objects may be all that somebody has of something: they go only when somebody says so. */
    private void checkEmpty(ProjectId project) {
        if (objects.holdsObjects(project)) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "buckets of project %s hold objects; delete them first".formatted(project));
        }
    }

    /** Does something for a project that stays there meanwhile. */
    void inProject(ProjectId project, Runnable action) {
        lock.lock();
        try {
            ResourceRoutes.requireProject(store.image(), project);
            action.run();
        } finally {
            lock.unlock();
        }
    }

    static MillraceException unknown(ResourceKey key) {
        return MillraceException.notFound(key + " does not exist");
    }

    /** The project "default" is not there before the server is up for the first time. */
    private void requireStarted() {
        try {
            var _ = started.get();
        } catch (MillraceException e) {
            throw new ServerStarting(e);
        }
    }

    private void admit(StoreImage image, List<Manifest<?>> manifests) {
        List<Refusal> refusals = Admission.check(image, manifests);
        if (!refusals.isEmpty()) {
            requireStarted();
            throw new RefusedChange(refusals);
        }
    }

    private static void checkRevision(
            StoreImage image, ResourceKey key, Optional<Revision> expected) {
        if (expected.isEmpty()) {
            return;
        }
        Revision current = image.find(key).map(r -> r.metadata().revision()).orElse(Revision.NONE);
        if (!current.equals(expected.get())) {
            throw new FailedPrecondition(
                    current.equals(Revision.NONE)
                            ? key + " does not exist"
                            : key + " is at revision " + current + "; read it again");
        }
    }

    private <S extends Spec> Written write(
            StoreImage image, Manifest<S> manifest, Optional<Revision> expected, boolean isDryRun) {
        Optional<Resource<?>> before = image.find(manifest.key());
        Change change = before.map(b -> changeOf(b, manifest)).orElse(Change.CREATED);
        Resource<?> after = isDryRun ? preview(before, manifest, change) : put(manifest, expected);
        return new Written(change, before, after);
    }

    private <S extends Spec> Resource<S> put(Manifest<S> manifest, Optional<Revision> expected) {
        try {
            return store.put(manifest, expected);
        } catch (MillraceException e) {
            // A process that shares the store, or a status that was written in between.
            if (e.code() == ErrorCode.CONFLICT && expected.isPresent()) {
                throw new FailedPrecondition(e.text());
            }
            throw e;
        }
    }

    private static Change changeOf(Resource<?> before, Manifest<?> manifest) {
        boolean isSame =
                before.spec().equals(manifest.spec())
                        && before.metadata().title().equals(manifest.title())
                        && before.metadata().labels().equals(manifest.labels());
        return isSame ? Change.UNCHANGED : Change.UPDATED;
    }

    private <S extends Spec> Resource<S> preview(
            Optional<Resource<?>> before, Manifest<S> manifest, Change change) {
        Metadata metadata =
                before.map(b ->
                                new Metadata(
                                        b.metadata().uid(),
                                        manifest.title(),
                                        manifest.labels(),
                                        b.metadata().generation()
                                                + (change == Change.UPDATED
                                                                && !b.spec().equals(manifest.spec())
                                                        ? 1
                                                        : 0),
                                        b.metadata().revision(),
                                        b.metadata().createdAt()))
                        .orElseGet(() ->
                                new Metadata(
                                        "",
                                        manifest.title(),
                                        manifest.labels(),
                                        1,
                                        Revision.NONE,
                                        time.now()));
        Status status = before.map(b -> b.status()).orElse(Status.NONE);
        return new Resource<>(manifest.key(), metadata, manifest.spec(), status);
    }
}
