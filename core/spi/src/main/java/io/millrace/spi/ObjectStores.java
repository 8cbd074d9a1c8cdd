package io.millrace.spi;

import io.millrace.api.BucketConnection;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import java.util.Optional;

/** Opens object stores: the embedded one and others. */
public interface ObjectStores {

    /**
     * A store, shared by all that ask for the same one; closing it gives it back. Returns at once
     * and connects with the first call.
     *
     * @param project whose secret the connection names, and whose buckets of the embedded store
     * @param connection of another store; empty for the embedded one
     * @throws io.millrace.api.MillraceException {@code INVALID} when the secret is missing or lacks
     *     a value; {@code DENIED} when this install must not talk to that endpoint; {@code
     *     UNSUPPORTED} when there is no embedded store
     */
    ObjectStore open(ProjectId project, Optional<BucketConnection> connection);

    /** There are none. */
    static ObjectStores none() {
        return (_, _) -> {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED, "this server reads and writes no objects");
        };
    }
}
