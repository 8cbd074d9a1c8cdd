package io.millrace.client;

import io.millrace.api.Revision;

/** A change of a resource. */
public sealed interface WatchEvent {

    /** The resource as it is now, or was last. */
    ApiResource resource();

    /** The store's revision of the change. */
    Revision revision();

    /** It was created, or its spec or status changed. */
    record Put(ApiResource resource, Revision revision) implements WatchEvent {}

    /** It is gone. */
    record Deleted(ApiResource resource, Revision revision) implements WatchEvent {}
}
