package io.millrace.spi;

import io.millrace.api.BucketConnection;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import java.util.List;
import java.util.Optional;

/**
 * Has stores send news of their objects. What others have set up in a bucket stays as it is. Any
 * thread; calls block.
 *
 * <p>Errors of all methods: {@code DENIED} the credential may not; {@code UNSUPPORTED} the store
 * has no such call; {@code NOT_FOUND} no such bucket or target; {@code INVALID} the store refuses
 * what is wanted; {@code UNAVAILABLE}.
 */
public interface ObjectNotifications {

    /**
     * Makes it so, unless it is so.
     *
     * @return whether anything had to be changed
     */
    boolean ensure(ProjectId project, BucketConnection store, Wanted wanted);

    /** Removes what {@link #ensure} made, and nothing else; nothing happens when it is gone. */
    void remove(ProjectId project, BucketConnection store, Wanted wanted);

    /**
     * What a store shall send.
     *
     * @param id by which it is recognised as ours; letters, digits, {@code .}, {@code _}, {@code -}
     * @param target the ARN of a target that the store has; empty to have one made
     * @param address where the made target sends to
     * @param opaqueData what it sends along; a secret
     * @param buckets and which of their objects
     */
    record Wanted(
            String id,
            Optional<String> target,
            Optional<String> address,
            Optional<String> opaqueData,
            List<Rule> buckets) {
        public Wanted {
            buckets = List.copyOf(buckets);
        }

        /** Without what is secret. */
        @Override
        public String toString() {
            return "Wanted[id=%s, target=%s, buckets=%s]".formatted(id, target, buckets);
        }
    }

    /**
     * Which news of a bucket.
     *
     * @param id unique in the bucket
     * @param bucket its name
     * @param events such as {@code ObjectCreated:*}
     * @param prefix empty for any
     * @param suffix empty for any
     */
    record Rule(String id, String bucket, List<String> events, String prefix, String suffix) {
        public Rule {
            events = List.copyOf(events);
        }
    }

    /** Can set up nothing. */
    static ObjectNotifications none() {
        return new ObjectNotifications() {
            @Override
            public boolean ensure(ProjectId project, BucketConnection store, Wanted wanted) {
                throw new MillraceException(
                        ErrorCode.UNSUPPORTED, "this server sets up no notifications");
            }

            @Override
            public void remove(ProjectId project, BucketConnection store, Wanted wanted) {}
        };
    }
}
