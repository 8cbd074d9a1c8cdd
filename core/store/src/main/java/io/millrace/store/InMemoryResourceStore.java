package io.millrace.store;

import io.millrace.api.IdSource;
import io.millrace.api.Manifest;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.api.Spec;
import io.millrace.api.Status;
import io.millrace.api.TimeSource;
import java.util.Optional;

/** A store that lasts as long as its process: for tests and simulations. */
public final class InMemoryResourceStore implements ResourceStore {

    private final StoreCore core;

    /**
     * Makes an empty store.
     *
     * @param time when things are created
     * @param ids gives uids
     */
    public InMemoryResourceStore(TimeSource time, IdSource ids) {
        core = new StoreCore(TreeImage.EMPTY, Journal.NONE, time, ids);
    }

    @Override
    public StoreImage image() {
        return core.image();
    }

    @Override
    public <S extends Spec> Resource<S> put(Manifest<S> manifest, Optional<Revision> expected) {
        return core.put(manifest, expected);
    }

    @Override
    public boolean putStatus(ResourceKey key, String uid, Status status) {
        return core.putStatus(key, uid, status);
    }

    @Override
    public boolean delete(ResourceKey key, Optional<Revision> expected) {
        return core.delete(key, expected);
    }

    @Override
    public Watch watch(Revision after, Watcher watcher) {
        return core.watch(after, watcher);
    }

    @Override
    public void close() {
        core.close();
    }
}
