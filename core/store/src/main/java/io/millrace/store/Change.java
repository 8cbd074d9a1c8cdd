package io.millrace.store;

import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;

/** One change of the store. */
public sealed interface Change {

    /** When it happened. */
    Revision revision();

    /** What was changed. */
    ResourceKey key();

    /** It was created, or its spec, notes or status changed: this is what it is now. */
    record Put(Revision revision, Resource<?> resource) implements Change {
        @Override
        public ResourceKey key() {
            return resource.key();
        }
    }

    /** It was removed; this is what it was. */
    record Deleted(Revision revision, Resource<?> last) implements Change {
        @Override
        public ResourceKey key() {
            return last.key();
        }
    }
}
