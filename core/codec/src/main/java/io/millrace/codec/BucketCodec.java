package io.millrace.codec;

import io.millrace.api.BucketConnection;
import io.millrace.codec.Node.MapNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** An object store that is not the embedded one: where it is and who asks. */
final class BucketCodec {

    private static final Set<String> SCHEMES = Set.of("http", "https");
    private static final Map<String, Boolean> ADDRESSINGS = addressings();

    private BucketCodec() {}

    private static Map<String, Boolean> addressings() {
        var words = new LinkedHashMap<String, Boolean>();
        words.put("path", true);
        words.put("host", false);
        return words;
    }

    static BucketConnection read(Value value) {
        Fields fields = value.fields();
        var connection = read(fields);
        fields.rejectUnknown();
        return connection;
    }

    /** Reads the fields of a store among others. */
    static BucketConnection read(Fields fields) {
        Value endpoint = fields.optional("endpoint");
        Value region = fields.optional("region");
        Value secret = fields.optional("secret");
        Value addressing = fields.optional("addressing");
        String address = endpoint.isPresent() ? endpoint.filledText() : "";
        if (!address.isBlank()) {
            problemOf(address).ifPresent(endpoint::problem);
        }
        return new BucketConnection(
                address,
                region.isPresent() ? region.filledText() : BucketConnection.DEFAULT_REGION,
                secret.isPresent() ? Optional.of(secret.name("secret")) : Optional.empty(),
                addressing.choice("addressing", ADDRESSINGS, Set.of()));
    }

    /** What is wrong with the address of a store. */
    static Optional<String> problemOf(String text) {
        try {
            var url = new URI(text);
            if (url.getRawUserInfo() != null) {
                return Optional.of(
                        "an endpoint must not hold a password: put accessKey and secretKey into a"
                                + " secret and name it in 'secret'");
            }
            boolean isBare =
                    (url.getRawPath() == null || url.getRawPath().matches("/?"))
                            && url.getRawQuery() == null
                            && url.getRawFragment() == null;
            if (url.getScheme() != null
                    && SCHEMES.contains(url.getScheme())
                    && url.getHost() != null
                    && isBare) {
                return Optional.empty();
            }
        } catch (URISyntaxException e) {
            // no address at all: said below
        }
        return Optional.of(
                "expected http://host:port or https://host, got '"
                        + DocumentParser.shorten(text)
                        + "'");
    }

    static MapNode write(BucketConnection connection) {
        var map = Node.map();
        if (!connection.endpoint().isEmpty()) {
            map.put("endpoint", connection.endpoint());
        }
        map.put("region", connection.region());
        connection.secret().ifPresent(name -> map.put("secret", name.value()));
        return map.put("addressing", connection.isPathStyle() ? "path" : "host").build();
    }
}
