package io.millrace.connector.s3;

import io.millrace.api.BucketConnection;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import io.millrace.spi.AllowedOrigins;
import io.millrace.spi.ObjectNotifications;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.ObjectStores;
import io.millrace.spi.Secrets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Stores that speak S3 and are not the embedded one. */
public final class S3ObjectStores implements ObjectStores, ObjectNotifications, AutoCloseable {

    private final AllowedOrigins origins;
    private final Secrets secrets;
    private final TimeSource time;
    private final Secrets.Watch watch;
    private final Map<Place, S3Slot> slots = new HashMap<>();
    private final Set<String> setUp = ConcurrentHashMap.newKeySet();
    private boolean isClosed;

    private record Place(ProjectId project, BucketConnection connection) {}

    /**
     * Knows no store yet.
     *
     * @param origins where stores may be, such as {@code https:} or {@code http://minio:9000}
     * @param secrets with {@code accessKey} and {@code secretKey}, read anew when they change
     * @param time the clock of pauses between attempts
     */
    public S3ObjectStores(AllowedOrigins origins, Secrets secrets, TimeSource time) {
        this.origins = origins;
        this.secrets = secrets;
        this.time = time;
        this.watch =
                secrets.watch((project, name) -> {
                    synchronized (this) {
                        slots.values().stream()
                                .filter(slot -> slot.isMadeWith(project, name))
                                .forEach(S3Slot::renew);
                    }
                });
    }

    @Override
    public ObjectStore open(ProjectId project, Optional<BucketConnection> connection) {
        return new S3ObjectStore(use(project, connection), time, this::leave);
    }

    /** The shared client of a store; whoever takes it gives it back. */
    private S3Slot use(ProjectId project, Optional<BucketConnection> connection) {
        var place =
                new Place(
                        project,
                        connection.orElseThrow(() ->
                                new MillraceException(
                                        ErrorCode.UNSUPPORTED,
                                        "this server has no object store inside")));
        new S3Slot(project, place.connection(), secrets, origins).check();
        synchronized (this) {
            if (isClosed) {
                throw new MillraceException(ErrorCode.UNAVAILABLE, "the object stores are closed");
            }
            S3Slot slot =
                    slots.computeIfAbsent(
                            place, p -> new S3Slot(p.project(), p.connection(), secrets, origins));
            slot.use();
            return slot;
        }
    }

    private synchronized void leave(S3Slot slot) {
        if (slot.isLeft()) {
            slots.values().remove(slot);
            slot.renew();
        }
    }

    @Override
    public boolean ensure(ProjectId project, BucketConnection store, Wanted wanted) {
        String known = project + "/" + wanted.id() + "/" + wanted.address().orElse("");
        try (ObjectStore buckets = open(project, Optional.of(store))) {
            wanted.buckets().forEach(rule -> buckets.ensureBucket(rule.bucket()));
        }
        S3Slot slot = use(project, Optional.of(store));
        try {
            boolean isChanged = slot.setUp(s -> s.ensure(wanted, setUp.contains(known)));
            setUp.add(known);
            return isChanged;
        } finally {
            leave(slot);
        }
    }

    @Override
    public void remove(ProjectId project, BucketConnection store, Wanted wanted) {
        S3Slot slot = use(project, Optional.of(store));
        try {
            var _ =
                    slot.setUp(s -> {
                        s.remove(wanted);
                        return true;
                    });
        } finally {
            leave(slot);
        }
    }

    /** Closes the clients; calls that are under way end first. Idempotent. */
    @Override
    public void close() {
        watch.close();
        List<S3Slot> all;
        synchronized (this) {
            isClosed = true;
            all = new ArrayList<>(slots.values());
            slots.clear();
        }
        all.forEach(S3Slot::renew);
    }
}
