package io.millrace.store;

import io.millrace.api.Manifest;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.api.Spec;
import io.millrace.api.Status;
import java.util.Optional;

/**
 * Keeps resources. Each change gets the next revision of the whole store, is durable when the
 * method returns, and is then seen by {@link #image()} and by watchers in the order of revisions.
 *
 * <p>Any thread may call any method.
 */
public interface ResourceStore extends AutoCloseable {

    /** All resources at the newest revision. Cheap: an immutable image that is only handed out. */
    StoreImage image();

    /**
     * Creates or replaces what the user wants. The generation grows only when the spec changed;
     * when neither spec nor title nor labels changed nothing is written.
     *
     * @param expected when given: the revision of the resource that the caller has seen, {@link
     *     Revision#NONE} for "does not exist yet"
     * @throws io.millrace.api.MillraceException {@code CONFLICT} when the resource is not at the
     *     expected revision; says where it is
     */
    <S extends Spec> Resource<S> put(Manifest<S> manifest, Optional<Revision> expected);

    /**
     * Writes what was observed; nothing happens when nothing changed or when the resource is gone
     * or is another incarnation than {@code uid}. The spec is not touched.
     *
     * @return whether something was written
     */
    boolean putStatus(ResourceKey key, String uid, Status status);

    /**
     * Removes a resource.
     *
     * @return whether it was there
     * @throws io.millrace.api.MillraceException {@code CONFLICT} when it is not at the expected
     *     revision
     */
    boolean delete(ResourceKey key, Optional<Revision> expected);

    /**
     * Tells of all changes after the given revision: first those that have happened, then each new
     * one, in order, none twice. The watcher is called on one thread of the store, which all
     * watchers share, and must not block; it never runs inside a caller's {@link #put}. A watcher
     * that falls behind by more changes than are kept hears {@link Watcher#cutOff}.
     *
     * @throws io.millrace.api.MillraceException {@code UNAVAILABLE} when that revision is older
     *     than what is kept; read {@link #image()} and watch from its revision
     */
    Watch watch(Revision after, Watcher watcher);

    @Override
    void close();

    /** Hears of changes. */
    @FunctionalInterface
    interface Watcher {
        /** The next change. */
        void changed(Change change);

        /**
         * The watch has ended by itself, and changes were missed: the watcher was so slow that they
         * are not kept any more, or it threw. Read {@link #image()} and watch from its revision.
         */
        default void cutOff() {}
    }

    /** A running watch. */
    interface Watch extends AutoCloseable {
        /** Ends the watch; the watcher is not called any more once this returns. */
        @Override
        void close();
    }
}
