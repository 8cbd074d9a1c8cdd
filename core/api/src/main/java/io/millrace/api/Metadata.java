package io.millrace.api;

import java.time.Instant;
import java.util.Map;

/**
 * What the store knows about a resource beside its spec and status.
 *
 * @param uid given at creation, never used again, also not by a resource of the same name
 * @param title free text for people, may be empty
 * @param labels free pairs of text for people and tools
 * @param generation counts changes of the spec, from 1
 * @param revision the store's revision at the last change of spec or status
 * @param createdAt when it was created
 */
public record Metadata(
        String uid,
        String title,
        Map<String, String> labels,
        long generation,
        Revision revision,
        Instant createdAt) {

    public Metadata {
        labels = Map.copyOf(labels);
    }
}
