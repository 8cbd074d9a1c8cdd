package io.millrace.embedded.mqtt;

import io.millrace.api.ProjectId;
import io.millrace.api.TopicFilter;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** What a client may do in its project. */
sealed interface Access {

    /** All of the project, as clients with certificates may. */
    Access EVERYTHING = new Everything();

    /** Whether it may publish to a topic. Hot path. */
    boolean mayPublish(String topic);

    /** Whether it may read all that a filter, or a topic, stands for. */
    boolean mayRead(String filter);

    /** See {@link #EVERYTHING}. */
    record Everything() implements Access {
        @Override
        public boolean mayPublish(String topic) {
            return true;
        }

        @Override
        public boolean mayRead(String filter) {
            return true;
        }
    }

    /**
     * What its data sources give a user.
     *
     * @param publish filters with the name filled in
     * @param read the same
     */
    record OfUser(List<String> publish, List<String> read) implements Access {

        public OfUser {
            publish = List.copyOf(publish);
            read = List.copyOf(read);
        }

        @Override
        public boolean mayPublish(String topic) {
            for (int i = 0; i < publish.size(); i++) {
                if (TopicFilter.matches(publish.get(i), topic)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public boolean mayRead(String filter) {
            for (int i = 0; i < read.size(); i++) {
                if (TopicFilter.covers(read.get(i), filter)) {
                    return true;
                }
            }
            return false;
        }
    }

    /**
     * Whoever did not say who it is: the topics of data sources with users are closed to it.
     *
     * @param routes as they are now
     * @param project whose
     */
    record OfGuest(AtomicReference<RouteTable> routes, ProjectId project) implements Access {

        @Override
        public boolean mayPublish(String topic) {
            List<String> closed = routes.get().of(project).closed();
            for (int i = 0; i < closed.size(); i++) {
                if (TopicFilter.matches(closed.get(i), topic)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public boolean mayRead(String filter) {
            List<String> closed = routes.get().of(project).closed();
            for (int i = 0; i < closed.size(); i++) {
                if (TopicFilter.overlap(closed.get(i), filter)) {
                    return false;
                }
            }
            return true;
        }
    }
}
