package io.millrace.app;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** Which parts of the server are up. It is ready when all of them are. */
final class Readiness {

    private static final String UP = "up";

    private final Map<String, String> parts = new ConcurrentSkipListMap<>();

    /** Names a part that must be up. */
    void expect(String part) {
        parts.put(part, "starting");
    }

    void up(String part) {
        parts.put(part, UP);
    }

    void down(String part, String reason) {
        parts.put(part, reason);
    }

    boolean isReady() {
        return parts.values().stream().allMatch(UP::equals);
    }

    /** Each part and what is wrong with it, {@code up} when nothing is. */
    Map<String, String> parts() {
        return Collections.unmodifiableMap(new TreeMap<>(parts));
    }
}
