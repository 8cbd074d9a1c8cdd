package io.millrace.objects;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.ObjectEvent;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.ObjectStore.ObjectInfo;
import io.millrace.spi.ObjectStore.ObjectRef;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What an event says of its object, and where it says nothing, what the store says: Amazon tells
 * neither metadata nor tags, MinIO no tags. One thread uses it.
 */
final class ObjectFacts implements EventFilter.Facts {

    private final ObjectEvent event;
    private final Supplier<ObjectStore> store;
    private @Nullable ObjectInfo info;

    ObjectFacts(ObjectEvent event, Supplier<ObjectStore> store) {
        this.event = event;
        this.store = store;
    }

    private ObjectRef ref() {
        return new ObjectRef(event.bucket(), event.key(), event.etag(), event.versionId());
    }

    private ObjectInfo info() {
        ObjectInfo known = info;
        if (known == null) {
            known =
                    store.get()
                            .head(ref())
                            .orElseThrow(() ->
                                    new MillraceException(
                                            ErrorCode.NOT_FOUND,
                                            "the object is gone or has changed since its event, which does"
                                                    + " not say what the filter of the field asks for"));
            info = known;
        }
        return known;
    }

    @Override
    public OptionalLong size() {
        return event.size().isPresent() ? event.size() : OptionalLong.of(info().size());
    }

    @Override
    public Map<String, String> metadata() {
        return event.metadata().isEmpty() ? info().metadata() : event.metadata();
    }

    @Override
    public Map<String, String> tags() {
        return event.tags().isEmpty() ? store.get().tags(ref()) : event.tags();
    }
}
