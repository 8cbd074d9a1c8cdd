package io.millrace.control;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.Metadata;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.api.Scope;
import io.millrace.api.Spec;
import io.millrace.api.Status;
import io.millrace.api.TimeSource;
import io.millrace.store.Change;
import io.millrace.store.ResourceStore;
import io.millrace.store.StoreImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A store without threads: watchers hear of changes only when the test says so. */
final class SteppedStore implements ResourceStore {
    private final TimeSource time;
    private final List<Change> changes = new ArrayList<>();
    private final List<SteppedWatch> watches = new ArrayList<>();
    private Map<ResourceKey, Resource<?>> resources = new TreeMap<>();
    private int statusWrites;
    private boolean forgetsHistory;

    SteppedStore(TimeSource time) {
        this.time = time;
    }

    /** From now on only watches from the present are possible. */
    void forgetHistory() {
        forgetsHistory = true;
    }

    /** How many statuses were written. */
    int statusWrites() {
        return statusWrites;
    }

    /** Tells all watchers what they have not heard yet. */
    void deliver() {
        for (SteppedWatch watch : List.copyOf(watches)) {
            watch.deliver();
        }
    }

    /** Ends all watches, as the store does with those who are too slow. */
    void cutOffAll() {
        List<SteppedWatch> all = List.copyOf(watches);
        watches.clear();
        all.forEach(watch -> watch.watcher.cutOff());
    }

    @Override
    public StoreImage image() {
        return new Image(new Revision(changes.size()), new TreeMap<>(resources));
    }

    @Override
    public <S extends Spec> Resource<S> put(Manifest<S> manifest, Optional<Revision> expected) {
        Resource<?> before = resources.get(manifest.key());
        Revision seen = before == null ? Revision.NONE : before.metadata().revision();
        if (expected.isPresent() && !expected.get().equals(seen)) {
            throw new MillraceException(ErrorCode.CONFLICT, "it is at revision " + seen);
        }
        Revision next = new Revision(changes.size() + 1);
        Metadata metadata =
                before == null
                        ? new Metadata(
                                "uid-" + next,
                                manifest.title(),
                                manifest.labels(),
                                1,
                                next,
                                time.now())
                        : new Metadata(
                                before.metadata().uid(),
                                manifest.title(),
                                manifest.labels(),
                                before.metadata().generation()
                                        + (before.spec().equals(manifest.spec()) ? 0 : 1),
                                next,
                                before.metadata().createdAt());
        Status status = before == null ? Status.NONE : before.status();
        var resource = new Resource<>(manifest.key(), metadata, manifest.spec(), status);
        resources.put(manifest.key(), resource);
        changes.add(new Change.Put(next, resource));
        return resource;
    }

    @Override
    public boolean putStatus(ResourceKey key, String uid, Status status) {
        Resource<?> before = resources.get(key);
        if (before == null
                || !before.metadata().uid().equals(uid)
                || before.status().equals(status)) {
            return false;
        }
        statusWrites++;
        Revision next = new Revision(changes.size() + 1);
        Resource<?> after = withStatus(before, status, next);
        resources.put(key, after);
        changes.add(new Change.Put(next, after));
        return true;
    }

    private static <S extends Spec> Resource<S> withStatus(
            Resource<S> resource, Status status, Revision revision) {
        Metadata old = resource.metadata();
        var metadata =
                new Metadata(
                        old.uid(),
                        old.title(),
                        old.labels(),
                        old.generation(),
                        revision,
                        old.createdAt());
        return new Resource<>(resource.key(), metadata, resource.spec(), status);
    }

    @Override
    public boolean delete(ResourceKey key, Optional<Revision> expected) {
        Resource<?> last = resources.remove(key);
        if (last == null) {
            return false;
        }
        changes.add(new Change.Deleted(new Revision(changes.size() + 1), last));
        return true;
    }

    @Override
    public Watch watch(Revision after, Watcher watcher) {
        if (forgetsHistory && after.value() < changes.size()) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "too old");
        }
        var watch = new SteppedWatch((int) after.value(), watcher);
        watches.add(watch);
        return watch;
    }

    @Override
    public void close() {
        watches.clear();
    }

    private final class SteppedWatch implements Watch {
        private final Watcher watcher;
        private int told;

        SteppedWatch(int told, Watcher watcher) {
            this.told = told;
            this.watcher = watcher;
        }

        void deliver() {
            while (told < changes.size()) {
                watcher.changed(changes.get(told++));
            }
        }

        @Override
        public void close() {
            watches.remove(this);
        }
    }

    private record Image(Revision revision, Map<ResourceKey, Resource<?>> resources)
            implements StoreImage {
        @Override
        public Optional<Resource<?>> find(ResourceKey key) {
            return Optional.ofNullable(resources.get(key));
        }

        @Override
        public List<Resource<?>> all(Kind kind) {
            return resources.values().stream().filter(r -> r.key().kind() == kind).toList();
        }

        @Override
        public List<Resource<?>> all(Kind kind, ProjectId project) {
            return all(kind).stream()
                    .filter(r -> r.key().scope().equals(new Scope.InProject(project)))
                    .toList();
        }
    }
}
