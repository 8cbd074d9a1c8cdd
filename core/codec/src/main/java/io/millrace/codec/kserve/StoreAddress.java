package io.millrace.codec.kserve;

import io.millrace.codec.ForeignDocuments;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/** The address of an object store, as {@code http://host:port}. */
final class StoreAddress {

    private StoreAddress() {}

    /** What is wrong with one. */
    static Optional<String> problem(String text) {
        try {
            var address = new URI(text);
            boolean isBare = address.getRawPath() == null || address.getRawPath().matches("/?");
            if (address.getHost() != null
                    && address.getRawUserInfo() == null
                    && address.getRawQuery() == null
                    && isBare
                    && text.startsWith("http")) {
                return Optional.empty();
            }
        } catch (URISyntaxException e) {
            // no address at all: said below
        }
        return Optional.of(
                "expected the host and port of an object store, such as minio-service:9000, got '"
                        + ForeignDocuments.shown(text)
                        + "'");
    }
}
