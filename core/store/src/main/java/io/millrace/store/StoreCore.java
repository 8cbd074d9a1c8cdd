package io.millrace.store;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.Manifest;
import io.millrace.api.Metadata;
import io.millrace.api.MillraceException;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.api.Spec;
import io.millrace.api.Status;
import io.millrace.api.TimeSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The rules of every store: revisions, generations, compare-and-set, the image, the watches. One
 * writer at a time decides on the image, has the change kept by the journal, and only then shows
 * it.
 */
final class StoreCore implements ResourceStore {

    /** How many of the newest changes can be watched from. */
    static final int KEPT_CHANGES = 10_000;

    private final ReentrantLock writing = new ReentrantLock();
    private final Journal journal;
    private final TimeSource time;
    private final IdSource ids;
    private final Watches watches;
    private volatile TreeImage image;
    private boolean closed;

    StoreCore(TreeImage start, Journal journal, TimeSource time, IdSource ids) {
        this(start, journal, time, ids, KEPT_CHANGES);
    }

    StoreCore(TreeImage start, Journal journal, TimeSource time, IdSource ids, int kept) {
        this.image = start;
        this.journal = journal;
        this.time = time;
        this.ids = ids;
        this.watches = new Watches(new RecentChanges(kept, start.revision()));
    }

    @Override
    public StoreImage image() {
        return image;
    }

    @Override
    public <S extends Spec> Resource<S> put(Manifest<S> manifest, Optional<Revision> expected) {
        writing.lock();
        try {
            checkOpen();
            Optional<Resource<?>> current = image.find(manifest.key());
            check(manifest.key(), current, expected);
            if (current.isEmpty()) {
                return append(created(manifest), true);
            }
            Metadata before = current.get().metadata();
            boolean specChanged = !current.get().spec().equals(manifest.spec());
            boolean notesChanged =
                    !before.title().equals(manifest.title())
                            || !before.labels().equals(manifest.labels());
            var metadata =
                    new Metadata(
                            before.uid(),
                            manifest.title(),
                            manifest.labels(),
                            before.generation() + (specChanged ? 1 : 0),
                            specChanged || notesChanged ? next() : before.revision(),
                            before.createdAt());
            var resource =
                    new Resource<>(
                            manifest.key(), metadata, manifest.spec(), current.get().status());
            return specChanged || notesChanged ? append(resource, specChanged) : resource;
        } finally {
            writing.unlock();
        }
    }

    private <S extends Spec> Resource<S> created(Manifest<S> manifest) {
        var metadata =
                new Metadata(
                        ids.next(), manifest.title(), manifest.labels(), 1, next(), time.now());
        return new Resource<>(manifest.key(), metadata, manifest.spec(), Status.NONE);
    }

    @Override
    public boolean putStatus(ResourceKey key, String uid, Status status) {
        writing.lock();
        try {
            checkOpen();
            Optional<Resource<?>> current =
                    image.find(key)
                            .filter(resource -> resource.metadata().uid().equals(uid))
                            .filter(resource -> !resource.status().equals(status));
            current.ifPresent(resource -> append(withStatus(resource, status), false));
            return current.isPresent();
        } finally {
            writing.unlock();
        }
    }

    private <S extends Spec> Resource<S> withStatus(Resource<S> resource, Status status) {
        Metadata before = resource.metadata();
        var metadata =
                new Metadata(
                        before.uid(),
                        before.title(),
                        before.labels(),
                        before.generation(),
                        next(),
                        before.createdAt());
        return new Resource<>(resource.key(), metadata, resource.spec(), status);
    }

    @Override
    public boolean delete(ResourceKey key, Optional<Revision> expected) {
        writing.lock();
        try {
            checkOpen();
            Optional<Resource<?>> current = image.find(key);
            check(key, current, expected);
            current.ifPresent(resource -> append(new Change.Deleted(next(), resource), false));
            return current.isPresent();
        } finally {
            writing.unlock();
        }
    }

    @Override
    public Watch watch(Revision after, Watcher watcher) {
        writing.lock(); // so that no change comes between the backlog and the watch
        try {
            checkOpen();
            Revision newest = image.revision();
            if (after.isAfter(newest)) {
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        "revision "
                                + after
                                + " has not happened yet, the newest is "
                                + newest
                                + "; list again and watch from there");
            }
            return watches.begin(after, backlog(after), watcher);
        } finally {
            writing.unlock();
        }
    }

    /** What happened between a revision and the oldest change in memory. */
    private List<Change> backlog(Revision after) {
        long oldest = watches.oldest();
        if (after.value() + 1 >= oldest) {
            return List.of();
        }
        List<Change> changes = journal.read(after, new Revision(oldest - 1));
        if (changes.isEmpty()) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "the changes after revision "
                            + after
                            + " are not kept any more; list again and watch from there");
        }
        return changes;
    }

    private <S extends Spec> Resource<S> append(Resource<S> resource, boolean specChanged) {
        append(new Change.Put(resource.metadata().revision(), resource), specChanged);
        return resource;
    }

    private void append(Change change, boolean specChanged) {
        journal.append(change, specChanged);
        image = image.after(change);
        watches.publish(change);
    }

    private Revision next() {
        return new Revision(image.revision().value() + 1);
    }

    private static void check(
            ResourceKey key, Optional<Resource<?>> current, Optional<Revision> expected) {
        if (expected.isEmpty()) {
            return;
        }
        Revision actual = current.map(r -> r.metadata().revision()).orElse(Revision.NONE);
        if (actual.equals(expected.get())) {
            return;
        }
        boolean mustBeNew = expected.get().equals(Revision.NONE);
        throw new MillraceException(
                ErrorCode.CONFLICT,
                current.isEmpty()
                        ? key + " does not exist; expected it at revision " + expected.get()
                        : mustBeNew
                                ? key + " exists already, at revision " + actual
                                : key
                                        + " is at revision "
                                        + actual
                                        + ", not "
                                        + expected.get()
                                        + ": somebody else changed it; read it again");
    }

    private void checkOpen() {
        if (closed) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the store is closed");
        }
    }

    @Override
    public void close() {
        writing.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            writing.unlock();
        }
        watches.close();
        journal.close();
    }
}
