package io.millrace.app;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.net.URI;
import java.util.Locale;
import java.util.Set;

/**
 * Keeps web pages out. A browser on this machine lets any page send requests to a loopback port; it
 * then says so in {@code Origin}. A page whose own name was made to point here is known by its
 * {@code Host}. Programs send no {@code Origin} and are not touched.
 */
final class CallerCheck implements Filter {

    private static final Set<String> LOCAL_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");

    private final ServerConfig.Endpoint endpoint;

    CallerCheck(ServerConfig.Endpoint endpoint) {
        this.endpoint = endpoint;
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        String host = request.headers().first(HeaderNames.HOST).orElse("");
        String origin = request.headers().first(HeaderNames.ORIGIN).orElse("");
        if (isAllowed(host, origin)) {
            chain.proceed();
        } else {
            response.status(Status.FORBIDDEN_403)
                    .header(HeaderNames.CONTENT_TYPE, "application/json")
                    .send(
                            "{\"error\":\"requests from web pages of other sites are refused; call this"
                                    + " server by its own name and without a foreign Origin\"}");
        }
    }

    /** Whether a request with these headers may be served; empty text is an absent header. */
    boolean isAllowed(String host, String origin) {
        if (endpoint.isLoopback() && !host.isEmpty() && !LOCAL_NAMES.contains(nameOf(host))) {
            return false;
        }
        return origin.isEmpty() || isSameSite(host, origin);
    }

    private static boolean isSameSite(String host, String origin) {
        try {
            String authority = URI.create(origin).getRawAuthority();
            return authority != null && authority.equalsIgnoreCase(host);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String nameOf(String host) {
        int end = host.startsWith("[") ? host.indexOf(']') + 1 : host.indexOf(':');
        return (end > 0 ? host.substring(0, end) : host).toLowerCase(Locale.ROOT);
    }
}
