package io.millrace.embedded.mqtt;

import io.millrace.api.DataSourceSpec.EmbeddedMqtt;
import io.millrace.api.DataSourceSpec.MqttUsers;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TopicFilter;
import io.millrace.api.TopicPattern;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.SourceBinding;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which topics belong to data sources. Immutable: a change makes a new table. A topic written out
 * wins over a filter with wildcards.
 */
final class RouteTable {

    static final RouteTable EMPTY = new RouteTable(Map.of());

    private final Map<ResourceKey, SourceBinding> bindings;
    private final Map<ProjectId, Routes> projects;

    /**
     * Where records of a topic go.
     *
     * @param filter as MQTT knows it
     * @param logTopic of the log
     * @param sourceHeader says the data source
     * @param fieldHeader says the field
     * @param topicHeader says the topic when the filter is one written out, else null
     * @param echo remembers whether anybody subscribed to the topic written out
     * @param captures the levels that have names; null when none has
     * @param rate messages a second of one client; 0 for no limit
     */
    record Route(
            ResourceKey source,
            ResourceName field,
            String filter,
            String logTopic,
            Header sourceHeader,
            Header fieldHeader,
            @Nullable Header topicHeader,
            EchoRouter.@Nullable Known echo,
            @Nullable Captures captures,
            int rate) {}

    /** The routes of one project. */
    static final class Routes {

        static final Routes NONE = new Routes(Map.of(), List.of(), List.of(), List.of());

        private final Map<String, Route> literal;
        private final Route[] wildcard;
        private final List<MqttUsers> users;
        private final List<String> closed;

        private Routes(
                Map<String, Route> literal,
                List<Route> wildcard,
                List<MqttUsers> users,
                List<String> closed) {
            this.literal = literal;
            this.wildcard = wildcard.toArray(Route[]::new);
            this.users = List.copyOf(users);
            this.closed = List.copyOf(closed);
        }

        /** Of all data sources. */
        List<MqttUsers> users() {
            return users;
        }

        /** The topics of data sources with users: nobody else comes near them. */
        List<String> closed() {
            return closed;
        }

        @Nullable Route find(String topic) {
            Route route = literal.get(topic);
            if (route != null) {
                return route;
            }
            for (Route candidate : wildcard) {
                if (TopicFilter.matches(candidate.filter(), topic)) {
                    return candidate;
                }
            }
            return null;
        }
    }

    private RouteTable(Map<ResourceKey, SourceBinding> bindings) {
        this.bindings = bindings;
        var found = new HashMap<ProjectId, Routes>();
        for (ResourceKey source : bindings.keySet()) {
            found.computeIfAbsent(source.project(), project -> routesOf(project, bindings));
        }
        this.projects = Map.copyOf(found);
    }

    Routes of(ProjectId project) {
        Routes routes = projects.get(project);
        return routes == null ? Routes.NONE : routes;
    }

    /** The users that a data source has now. */
    Optional<MqttUsers> usersOf(ResourceKey source) {
        SourceBinding binding = bindings.get(source);
        return binding == null ? Optional.empty() : usersOf(binding);
    }

    /** The data sources of a project that have users. */
    List<ResourceKey> withUsers(ProjectId project) {
        return bindings.values().stream()
                .filter(binding -> binding.source().project().equals(project))
                .filter(binding -> usersOf(binding).isPresent())
                .map(SourceBinding::source)
                .toList();
    }

    boolean has(SourceBinding binding) {
        return binding.equals(bindings.get(binding.source()));
    }

    /**
     * With a data source added or changed.
     *
     * @throws MillraceException {@code INVALID} for a broken filter, {@code CONFLICT} when a topic
     *     belongs to another data source of the project
     */
    RouteTable with(SourceBinding binding) {
        for (SourceBinding.Route route : binding.routes()) {
            TopicPattern.problem(route.topic())
                    .or(() -> TopicFilter.problem(filter(route)))
                    .ifPresent(problem -> {
                        throw MillraceException.invalid(problem);
                    });
            for (SourceBinding other : bindings.values()) {
                checkFree(binding, route, other);
            }
        }
        var changed = new TreeMap<>(bindings);
        changed.put(binding.source(), binding);
        return new RouteTable(changed);
    }

    RouteTable without(ResourceKey source) {
        var changed = new TreeMap<>(bindings);
        changed.remove(source);
        return new RouteTable(changed);
    }

    private static void checkFree(
            SourceBinding binding, SourceBinding.Route route, SourceBinding other) {
        if (other.source().equals(binding.source())
                || !other.source().project().equals(binding.source().project())) {
            return;
        }
        for (SourceBinding.Route taken : other.routes()) {
            if (clash(filter(route), filter(taken))) {
                throw new MillraceException(
                        ErrorCode.CONFLICT,
                        "MQTT topic '"
                                + route.topic()
                                + "' of "
                                + binding.source().label()
                                + " belongs to "
                                + other.source().label()
                                + " ('"
                                + taken.topic()
                                + "') already; choose another topic or change that data source");
            }
        }
    }

    /** A topic written out inside a filter of another source is clear; two filters are not. */
    private static boolean clash(String one, String other) {
        return TopicFilter.hasWildcard(one) == TopicFilter.hasWildcard(other)
                && TopicFilter.overlap(one, other);
    }

    private static Routes routesOf(ProjectId project, Map<ResourceKey, SourceBinding> bindings) {
        var literal = new HashMap<String, Route>();
        var wildcard = new ArrayList<Route>();
        var users = new ArrayList<MqttUsers>();
        var closed = new ArrayList<String>();
        for (SourceBinding binding : bindings.values()) {
            if (!binding.source().project().equals(project)) {
                continue;
            }
            usersOf(binding)
                    .ifPresent(found -> {
                        users.add(found);
                        addClosed(binding, found, closed);
                    });
            var source =
                    Header.of(HeaderNames.SOURCE, project + "/" + binding.source().name().value());
            for (SourceBinding.Route declared : binding.routes()) {
                Route route = route(binding, declared, source);
                if (route.topicHeader() != null) {
                    literal.putIfAbsent(route.filter(), route);
                } else {
                    wildcard.add(route);
                }
            }
        }
        return new Routes(Map.copyOf(literal), wildcard, users, closed);
    }

    private static Route route(
            SourceBinding binding, SourceBinding.Route declared, Header sourceHeader) {
        var pattern = TopicPattern.parse(declared.topic());
        String filter = pattern.filter();
        boolean isLiteral = !TopicFilter.hasWildcard(filter);
        return new Route(
                binding.source(),
                declared.field(),
                filter,
                declared.logTopic(),
                sourceHeader,
                Header.of(HeaderNames.FIELD, declared.field().value()),
                isLiteral ? Header.of(HeaderNames.TOPIC, filter) : null,
                isLiteral
                        ? new EchoRouter.Known(
                                new Mount(binding.source().project()).topicIn(filter))
                        : null,
                Captures.of(pattern),
                settings(binding).rate().orElse(0));
    }

    private static void addClosed(SourceBinding binding, MqttUsers users, List<String> closed) {
        binding.routes().forEach(route -> closed.add(filter(route)));
        users.publish().forEach(topic -> closed.add(TopicPattern.parse(topic).filter()));
        users.subscribe().forEach(topic -> closed.add(TopicPattern.parse(topic).filter()));
    }

    private static Optional<MqttUsers> usersOf(SourceBinding binding) {
        return settings(binding).users();
    }

    private static EmbeddedMqtt settings(SourceBinding binding) {
        return binding.connection() instanceof EmbeddedMqtt mqtt ? mqtt : new EmbeddedMqtt();
    }

    private static String filter(SourceBinding.Route route) {
        return TopicPattern.parse(route.topic()).filter();
    }
}
