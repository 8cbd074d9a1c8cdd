package io.millrace.client;

import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/**
 * Tells which lines were seen before. After a reconnect the server sends its newest lines again,
 * some of which an earlier connection brought already: those before the last time seen, and of that
 * time those that are remembered.
 */
final class LogMemory {

    private final Set<LogEvent.Line> ofNewestTime = new HashSet<>();
    private final Set<LogEvent.Line> ofCutTime = new HashSet<>();
    private Instant newest = Instant.MIN;
    private Instant cut = Instant.MIN;

    /** From here on lines may come again. */
    void connectionEnded() {
        cut = newest;
        ofCutTime.clear();
        ofCutTime.addAll(ofNewestTime);
    }

    /** Whether the line is new; remembers it. */
    boolean isNew(LogEvent.Line line) {
        int afterCut = line.time().compareTo(cut);
        if (afterCut < 0 || (afterCut == 0 && !ofCutTime.add(line))) {
            return false;
        }
        int afterNewest = line.time().compareTo(newest);
        if (afterNewest > 0) {
            newest = line.time();
            ofNewestTime.clear();
        }
        if (afterNewest >= 0) {
            ofNewestTime.add(line);
        }
        return true;
    }
}
