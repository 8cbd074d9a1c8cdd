package io.millrace.client;

import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/**
 * Tells which lines were seen before. After a reconnect the server sends the newest lines again,
 * some of which the first connection brought already.
 */
final class LogMemory {

    private final Set<LogEvent.Line> ofNewestTime = new HashSet<>();
    private Instant newest = Instant.MIN;
    private boolean repeats;

    /** From here on lines may come again. */
    void connectionEnded() {
        repeats = true;
    }

    /** Whether the line is new; remembers it. */
    boolean isNew(LogEvent.Line line) {
        int order = line.time().compareTo(newest);
        if (order > 0) {
            newest = line.time();
            ofNewestTime.clear();
            repeats = false;
        }
        if (!repeats) {
            if (order >= 0) {
                ofNewestTime.add(line);
            }
            return true;
        }
        return order == 0 && ofNewestTime.add(line);
    }
}
