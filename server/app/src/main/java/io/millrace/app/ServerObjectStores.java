package io.millrace.app;

import io.millrace.api.BucketConnection;
import io.millrace.api.ProjectId;
import io.millrace.connector.s3.S3ObjectStores;
import io.millrace.embedded.s3.EmbeddedObjectStore;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.ObjectStores;
import java.util.Optional;

/** The embedded store where none is named, else the one that is. */
record ServerObjectStores(EmbeddedObjectStore embedded, S3ObjectStores others)
        implements ObjectStores {

    @Override
    public ObjectStore open(ProjectId project, Optional<BucketConnection> connection) {
        return connection.isEmpty() ? embedded.of(project) : others.open(project, connection);
    }
}
