package io.millrace.embedded.mqtt;

import io.millrace.api.ProjectId;

/**
 * Whom a connection stands for.
 *
 * @param project the tenant whose topics it sees
 * @param name for logs and messages, such as the data source of its certificate
 */
public record ClientIdentity(ProjectId project, String name) {}
