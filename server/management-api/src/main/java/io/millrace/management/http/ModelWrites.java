package io.millrace.management.http;

import io.millrace.api.Manifest;
import io.millrace.api.ModelSpec;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.store.ResourceStore;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Changes models as compare-and-set: what a change was decided upon is still so when it is written.
 */
final class ModelWrites {
    private static final int ATTEMPTS = 20;
    private final ResourceStore store;
    private final ResourceWrites writes;

    ModelWrites(ResourceStore store, ResourceWrites writes) {
        this.store = store;
        this.writes = writes;
    }

    /** What a model shall be, given what it is. */
    @FunctionalInterface
    interface Change {
        Manifest<ModelSpec> apply(Optional<Resource<ModelSpec>> before);
    }

    /** The model of a key. */
    Resource<ModelSpec> find(ResourceKey key) {
        return store.image()
                .find(key, ModelSpec.class)
                .orElseThrow(() -> ResourceWrites.unknown(key));
    }

    /** Changes the spec of a model that exists. */
    Resource<?> change(ResourceKey key, UnaryOperator<ModelSpec> change) {
        return write(
                key,
                before -> {
                    Resource<ModelSpec> model =
                            before.orElseThrow(() -> ResourceWrites.unknown(key));
                    return new Manifest<>(
                            key,
                            model.metadata().title(),
                            model.metadata().labels(),
                            change.apply(model.spec()));
                });
    }

    /** Writes what a change makes of the newest state; statuses are written all the time. */
    Resource<?> write(ResourceKey key, Change change) {
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
}
