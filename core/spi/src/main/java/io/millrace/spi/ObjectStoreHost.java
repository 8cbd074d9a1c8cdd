package io.millrace.spi;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The embedded object store for who manages it: users of its S3 endpoint, and its projects. */
public interface ObjectStoreHost {

    /** Where clients find it, such as {@code http://127.0.0.1:9000}; empty when it is off. */
    Optional<String> endpoint();

    /** The users of a project, by name; their secrets are shown only when they are made. */
    List<User> users(ProjectId project);

    /**
     * Makes a user, who sees all buckets of the project and no others; one of that name gets new
     * keys, and the old ones are void at once.
     */
    Credential make(ProjectId project, ResourceName name);

    /** Removes a user; false when there was none of that name. */
    boolean remove(ProjectId project, ResourceName name);

    /** Whether any bucket of the project holds an object. */
    boolean holdsObjects(ProjectId project);

    /** Forgets a project that is gone, with its users and buckets. */
    void forget(ProjectId project);

    /** A user. */
    record User(ResourceName name, String accessKey, Instant made) {}

    /** A user with the secret, which is not shown again. */
    record Credential(User user, String secretKey) {
        /** Without the secret. */
        @Override
        public String toString() {
            return "Credential[" + user + "]";
        }
    }
}
