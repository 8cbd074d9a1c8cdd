package io.millrace.spi;

import io.millrace.api.BucketConnection;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.util.Optional;

/**
 * Knows where the objects are that bucket data sources tell of. A record says of itself only from
 * which data source it is and what its object is called; which store that is, and with whose
 * credentials it is asked, the data source says. Any thread; answers from memory.
 */
@FunctionalInterface
public interface ObjectOrigins {

    /**
     * The store of an object.
     *
     * @return empty for the embedded one
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND} the project has no such bucket
     *     data source; {@code DENIED} it has no field for such an object
     */
    Optional<BucketConnection> storeOf(
            ProjectId project, ResourceName source, String bucket, String key);
}
