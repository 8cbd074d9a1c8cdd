package io.millrace.management.http;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;

/** Makes the certificates with which clients of a data source connect. */
@FunctionalInterface
public interface ClientCertificates {
    /**
     * A new client certificate: a zip of {@code ca.crt}, {@code client.crt}, {@code client.key}.
     */
    byte[] issue(ProjectId project, ResourceName source);
}
