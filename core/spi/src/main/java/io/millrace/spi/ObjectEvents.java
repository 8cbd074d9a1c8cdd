package io.millrace.spi;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.util.List;
import java.util.Optional;

/** Where faces of the server hand in what stores send to bucket data sources. */
public interface ObjectEvents {

    /**
     * Takes one request of a store or of a sender of CloudEvents. Blocks until what it tells is in
     * the log, and not until anything is done with it.
     *
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND} no such bucket data source that
     *     takes events over HTTP; {@code DENIED} the sender does not prove who it is; {@code
     *     UNAVAILABLE}, {@code OVERLOADED} nothing can be stored now. What will never be right is
     *     no error: it is kept as a dead letter and counted
     */
    Received receive(ProjectId project, ResourceName source, Request request);

    /**
     * The data source that answers on the port of its own where stores send to {@code /}.
     *
     * @param path of the request, from the slash on
     */
    Optional<Place> at(String path);

    /** A bucket data source. */
    record Place(ProjectId project, ResourceName source) {}

    /**
     * What came over HTTP.
     *
     * @param headers names in lower case
     * @param secretPath what stands in the path behind the source's own; empty for nothing
     * @param sender the address it came from
     * @param isCertified whether the sender showed a certificate that the server trusts
     * @param body as it came
     */
    record Request(
            List<Header> headers,
            String secretPath,
            String sender,
            boolean isCertified,
            byte[] body) {
        public Request {
            headers = List.copyOf(headers);
        }
    }

    /**
     * What became of a request.
     *
     * @param stored events that are in the log now
     * @param passedOver events that were known already or do not count for this source
     * @param refused events that are dead letters now
     */
    record Received(int stored, int passedOver, int refused) {}
}
