package io.millrace.connector.mqtt;

import io.millrace.api.TopicFilter;
import io.millrace.api.TopicPattern;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.SourceBinding;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which field a topic belongs to. A topic written out wins over a pattern, then the field declared
 * first. What is found out about a topic is remembered.
 */
final class TopicRoutes {
    private static final int MOST_KNOWN = 10_000;

    private final Header source;
    private final List<Candidate> candidates = new ArrayList<>();
    private final Map<String, Route> known =
            new LinkedHashMap<>() {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Route> eldest) {
                    return size() > MOST_KNOWN;
                }
            };

    private record Candidate(TopicPattern pattern, SourceBinding.Route route) {}

    /**
     * Where records of a topic go.
     *
     * @param logTopic of the log
     * @param key of the records: the topic, so that its records keep their order
     * @param headers that all records of the topic have
     */
    record Route(String logTopic, byte[] key, List<Header> headers) {}

    TopicRoutes(SourceBinding binding) {
        this.source =
                Header.of(
                        HeaderNames.SOURCE,
                        binding.source().project() + "/" + binding.source().name());
        for (SourceBinding.Route route : binding.routes()) {
            candidates.add(new Candidate(TopicPattern.parse(route.topic()), route));
        }
        candidates.sort(
                (a, b) -> Boolean.compare(hasWildcard(a.pattern()), hasWildcard(b.pattern())));
    }

    private static boolean hasWildcard(TopicPattern pattern) {
        return TopicFilter.hasWildcard(pattern.filter());
    }

    /** The filters to subscribe to, without those of a shared subscription's prefix. */
    static List<String> filters(SourceBinding binding) {
        return binding.routes().stream()
                .map(route -> TopicPattern.parse(route.topic()).filter())
                .distinct()
                .toList();
    }

    /** Null when no field wants it. */
    synchronized @Nullable Route find(String topic) {
        Route route = known.get(topic);
        if (route == null) {
            route = search(topic);
            if (route != null) {
                known.put(topic, route);
            }
        }
        return route;
    }

    private @Nullable Route search(String topic) {
        for (Candidate candidate : candidates) {
            String[] captures = candidate.pattern().match(topic);
            if (captures != null) {
                return route(candidate, topic, captures);
            }
        }
        return null;
    }

    private Route route(Candidate candidate, String topic, String[] captures) {
        var headers = new ArrayList<Header>();
        headers.add(source);
        headers.add(Header.of(HeaderNames.FIELD, candidate.route().field().value()));
        headers.add(Header.of(HeaderNames.TOPIC, topic));
        List<String> names = candidate.pattern().names();
        for (int i = 0; i < captures.length; i++) {
            headers.add(Header.of(HeaderNames.CAPTURE_PREFIX + names.get(i), captures[i]));
        }
        return new Route(
                candidate.route().logTopic(),
                topic.getBytes(StandardCharsets.UTF_8),
                Collections.unmodifiableList(headers));
    }
}
