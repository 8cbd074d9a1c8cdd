package io.millrace.inference.http;

import io.helidon.common.uri.UriPath;
import io.helidon.http.PathMatcher;
import io.helidon.http.PathMatchers;
import io.helidon.http.PathMatchers.MatchResult;
import io.helidon.http.PathMatchers.PrefixMatchResult;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/**
 * All paths under a fixed one, for the routes that nearly all calls take: Helidon's own patterns
 * cost a regular expression and maps of parameters for every request.
 */
final class TailPath implements PathMatcher {

    private static final PathMatcher ANY = PathMatchers.any();
    private static final String PARAMETER = "path";

    private final String start;

    private TailPath(String start) {
        this.start = start;
    }

    /** Answers requests to the paths under one. */
    @FunctionalInterface
    interface TailHandler {

        /**
         * Answers.
         *
         * @param tail of the path, decoded; never empty
         */
        void handle(ServerRequest request, ServerResponse response, String tail);
    }

    /**
     * Registers a handler for every method and all paths under a root.
     *
     * @param prefix before the root; empty, or with parameters
     */
    static void register(HttpRules rules, String prefix, String root, TailHandler handler) {
        if (prefix.isEmpty()) {
            String start = root + "/";
            rules.route(
                    _ -> true,
                    new TailPath(start),
                    HttpErrors.guarded((request, response) -> {
                        String path = request.prologue().uriPath().path();
                        handler.handle(request, response, path.substring(start.length()));
                    }));
        } else {
            rules.any(
                    prefix + root + "/{+" + PARAMETER + "}",
                    HttpErrors.guarded((request, response) -> {
                        String tail = request.path().pathParameters().get(PARAMETER);
                        handler.handle(request, response, tail);
                    }));
        }
    }

    @Override
    public MatchResult match(UriPath path) {
        String text = path.path();
        return text.length() > start.length() && text.startsWith(start)
                ? ANY.match(path)
                : MatchResult.notAccepted();
    }

    /** Never: it has no routes under it. */
    @Override
    public PrefixMatchResult prefixMatch(UriPath path) {
        return PrefixMatchResult.notAccepted();
    }
}
