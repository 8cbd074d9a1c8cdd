package io.millrace.embedded.mqtt;

import io.millrace.api.ProjectId;

/**
 * Whom a connection stands for.
 *
 * @param project whose topics it sees
 * @param kind how it proved that
 * @param user of a data source; empty for others
 * @param access what it may do
 */
record Who(ProjectId project, Kind kind, String user, Access access) {

    /** How it proved who it is. */
    enum Kind {
        CERTIFICATE,
        USER,
        GUEST
    }
}
