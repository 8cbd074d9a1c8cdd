package io.millrace.objects.sink;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.objects.sink.OpenStores.Opened;
import io.millrace.spi.ObjectStore.ObjectContent;
import io.millrace.spi.ObjectStore.ObjectInfo;
import io.millrace.spi.ObjectStore.ObjectRef;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Puts, copies, moves and deletes objects so that doing it again changes nothing. A move is a copy
 * and then a deletion; whatever comes between, the object is in one of both places, and whoever
 * tries again finds out how far it was.
 */
final class ObjectFiling {

    /** From one store to another the content goes through memory. */
    private static final long LARGEST_BETWEEN_STORES = 256L << 20;

    private final boolean isMadeOnDemand;
    private final BucketMeters meters;

    ObjectFiling(boolean isMadeOnDemand, BucketMeters meters) {
        this.isMadeOnDemand = isMadeOnDemand;
        this.meters = meters;
    }

    void put(
            Opened to,
            ObjectPlacement place,
            byte[] content,
            String contentType,
            Map<String, String> metadata) {
        try {
            into(
                    to,
                    place.bucket(),
                    () ->
                            to.store()
                                    .put(
                                            place.bucket(),
                                            place.key(),
                                            content,
                                            contentType,
                                            metadata));
        } catch (MillraceException e) {
            throw e.code() == ErrorCode.NOT_FOUND ? missingBucket(place, e) : e;
        }
        meters.put(content.length);
    }

    /** Has the bucket be there, once more if somebody has removed it meanwhile. */
    private void into(Opened to, String bucket, Runnable action) {
        if (!isMadeOnDemand) {
            action.run();
            return;
        }
        if (to.buckets().ensure(bucket)) {
            meters.bucket();
        }
        try {
            action.run();
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.NOT_FOUND) {
                throw e;
            }
            to.buckets().forget(bucket);
            var _ = to.buckets().ensure(bucket);
            action.run();
        }
    }

    void copy(Opened from, RecordObject object, Opened to, ObjectPlacement place) {
        try {
            copyIt(from, object, to, place);
        } catch (MillraceException e) {
            throw explained(e, from, object, place);
        }
    }

    private void copyIt(Opened from, RecordObject object, Opened to, ObjectPlacement place) {
        if (from == to) {
            into(
                    to,
                    place.bucket(),
                    () -> to.store().copy(object.exactly(), place.bucket(), place.key()));
            return;
        }
        ObjectContent content = from.store().get(object.exactly(), LARGEST_BETWEEN_STORES);
        var metadata = new HashMap<>(content.info().metadata());
        metadata.put(PutMetadata.ETAG, content.info().etag());
        put(to, place, content.bytes(), content.info().contentType(), metadata);
    }

    void move(Opened from, RecordObject object, Opened to, ObjectPlacement place) {
        try {
            copyIt(from, object, to, place);
        } catch (MillraceException e) {
            boolean isGone = e.code() == ErrorCode.NOT_FOUND || e.code() == ErrorCode.CONFLICT;
            if (isGone && isThere(object, to, place)) {
                meters.repeated();
                return; // an earlier try has done it; what has the key now has come later
            }
            throw explained(e, from, object, place);
        }
        Optional<ObjectInfo> now = from.store().head(object.now());
        if (now.isPresent() && isSame(object, now.get())) {
            from.store().delete(object.nowIfSame());
        }
    }

    void delete(Opened from, RecordObject object) {
        Optional<ObjectInfo> now = from.store().head(object.now());
        if (now.isEmpty()) {
            return;
        }
        if (!isSame(object, now.get())) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "%s is not deleted: it has another content than when its event was sent (ETag %s, now %s); a later event tells of that"
                            .formatted(object.shown(), object.etag().orElse(""), now.get().etag()));
        }
        from.store().delete(object.nowIfSame());
    }

    private static boolean isSame(RecordObject object, ObjectInfo now) {
        return object.etag().isEmpty() || object.etag().get().equals(now.etag());
    }

    /** Whether the object is where it is to go to. */
    private static boolean isThere(RecordObject object, Opened to, ObjectPlacement place) {
        Optional<ObjectInfo> there = to.store().head(new ObjectRef(place.bucket(), place.key()));
        if (there.isEmpty()) {
            return false;
        }
        ObjectInfo found = there.get();
        if (object.etag().isPresent() && !isOfParts(object.etag().get())) {
            return isSame(object, found)
                    || object.etag().get().equals(found.metadata().get(PutMetadata.ETAG));
        }
        // A copy of what was uploaded in parts has another ETag.
        return object.size().isEmpty() || object.size().getAsLong() == found.size();
    }

    private static boolean isOfParts(String etag) {
        return etag.indexOf('-') >= 0;
    }

    private MillraceException explained(
            MillraceException e, Opened from, RecordObject object, ObjectPlacement place) {
        if (e.code() == ErrorCode.CONFLICT) {
            return new MillraceException(
                    ErrorCode.CONFLICT,
                    "%s has another content than when its event was sent (ETag %s), so it is not filed as %s; a later event tells of what is there now"
                            .formatted(object.shown(), object.etag().orElse(""), place.shown()),
                    e);
        }
        if (e.code() != ErrorCode.NOT_FOUND) {
            return e;
        }
        boolean isThere = from.store().head(object.now()).isPresent();
        if (isThere) {
            return missingBucket(place, e);
        }
        return new MillraceException(
                ErrorCode.NOT_FOUND,
                "%s is not there any more, so it cannot be filed as %s: it was deleted or moved after its event"
                        .formatted(object.shown(), place.shown()),
                e);
    }

    private MillraceException missingBucket(ObjectPlacement place, MillraceException e) {
        return isMadeOnDemand
                ? e
                : new MillraceException(
                        ErrorCode.NOT_FOUND,
                        "the bucket '%s' does not exist, and the output has create: false; make the bucket, or let the output do it"
                                .formatted(place.bucket()),
                        e);
    }
}
