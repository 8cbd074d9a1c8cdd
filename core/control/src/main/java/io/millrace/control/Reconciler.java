package io.millrace.control;

import io.millrace.api.Kind;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Spec;
import io.millrace.store.StoreImage;

/**
 * Makes the runtime match the resources of one kind. The loop calls it from several threads, but
 * never two at once for one key. It is level-triggered: each call starts from what is declared now
 * and what is observed now, so calling it again changes nothing.
 */
interface Reconciler<S extends Spec> {
    /** Which kind. */
    Kind kind();

    /**
     * Does what is needed for one resource and says how it stands.
     *
     * @throws io.millrace.api.MillraceException when it cannot be done now; the loop puts that into
     *     the status and tries again with back-off
     */
    Observation reconcile(Request<S> request);

    /** Undoes everything for a resource that is gone; nothing happens when nothing is there. */
    void remove(ResourceKey key);

    /**
     * One call.
     *
     * @param resource as it is declared
     * @param image everything else that is declared
     * @param changed to be called, from any thread, when there is something new to observe
     */
    record Request<S extends Spec>(Resource<S> resource, StoreImage image, Runnable changed) {
        ResourceKey key() {
            return resource.key();
        }

        S spec() {
            return resource.spec();
        }
    }
}
