package io.millrace.client;

import io.millrace.api.Revision;
import java.util.List;

/**
 * All resources of a kind.
 *
 * @param items in the server's order
 * @param revision of the store when the first page was read; watching after it misses nothing
 */
public record Listing(List<ApiResource> items, Revision revision) {

    public Listing {
        items = List.copyOf(items);
    }
}
