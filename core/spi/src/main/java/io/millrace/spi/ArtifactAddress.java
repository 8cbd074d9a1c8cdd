package io.millrace.spi;

import io.millrace.api.BucketConnection;
import io.millrace.api.ProjectId;
import java.net.URI;
import java.util.Optional;

/**
 * Where the content of a model version is.
 *
 * @param uri as the user wrote it
 * @param project whose secrets the store names, and whose buckets of the embedded store are meant
 * @param store that the address is in; empty for what the server is set up with
 */
public record ArtifactAddress(URI uri, ProjectId project, Optional<BucketConnection> store) {}
