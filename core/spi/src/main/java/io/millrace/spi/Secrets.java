package io.millrace.spi;

import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What connections need to prove who they are. Values never reach logs, status or API answers. */
public interface Secrets {

    /** The secret of a name; empty when there is none. */
    Optional<Secret> find(ProjectId project, ResourceName name);

    /**
     * Has a listener told of every change from now on, until the watch is closed. Who holds a
     * connection made with a secret makes it anew then.
     */
    default Watch watch(Listener listener) {
        return () -> {};
    }

    /** Hears of changes. */
    @FunctionalInterface
    interface Listener {
        /** A secret was set, or is gone. On the thread of who changed it, so it must not block. */
        void changed(ProjectId project, ResourceName name);
    }

    /** A listener that is registered. */
    @FunctionalInterface
    interface Watch extends AutoCloseable {
        /** Ends it. Idempotent. */
        @Override
        void close();
    }

    /**
     * Named values.
     *
     * @param values such as {@code user}, {@code password}, {@code ca}
     */
    record Secret(Map<String, String> values) {
        public Secret {
            values = Map.copyOf(values);
        }

        /** A value, if it is there. */
        public Optional<String> value(String name) {
            return Optional.ofNullable(values.get(name));
        }

        /**
         * A value that must be there.
         *
         * @throws MillraceException {@code INVALID}, with the names that are there
         */
        public String require(String name) {
            return value(name)
                    .orElseThrow(() ->
                            MillraceException.invalid(
                                    "the secret lacks '%s'; it has %s"
                                            .formatted(name, new TreeMap<>(values).keySet())));
        }

        /** Names only. */
        @Override
        public String toString() {
            return "Secret" + new TreeMap<>(values).keySet();
        }
    }

    /** Knows none. */
    static Secrets none() {
        return (_, _) -> Optional.empty();
    }
}
