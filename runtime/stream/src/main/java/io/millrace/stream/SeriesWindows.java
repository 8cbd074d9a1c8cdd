package io.millrace.stream;

import io.millrace.spi.LogPartition;
import io.millrace.spi.Meters;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The windows of all series that one task sees. Their number is bounded: the series that was silent
 * for longest makes room, is counted, and begins anew when it speaks again.
 */
final class SeriesWindows {

    private static final int MOST_SERIES = 100_000;
    private static final int LEAST_SERIES = 64;
    private static final int MOST_READINGS = 4_000_000;

    private final int size;
    private final int most;
    private final Meters.Count forgotten;
    private final Map<Series, SeriesWindow> windows = new LinkedHashMap<>(64, 0.75f, true);

    SeriesWindows(int size, Meters.Count forgotten) {
        this(size, Math.clamp(MOST_READINGS / size, LEAST_SERIES, MOST_SERIES), forgotten);
    }

    SeriesWindows(int size, int most, Meters.Count forgotten) {
        this.size = size;
        this.most = most;
        this.forgotten = forgotten;
    }

    private record Series(LogPartition partition, String name) {}

    /** The window of a series, empty when it is new. */
    SeriesWindow of(LogPartition partition, String series) {
        var key = new Series(partition, series);
        SeriesWindow window = windows.get(key);
        if (window == null) {
            window = new SeriesWindow(size);
            windows.put(key, window);
            if (windows.size() > most) {
                windows.remove(windows.keySet().iterator().next());
                forgotten.increment();
            }
        }
        return window;
    }

    /** Lets go of all series of a partition. */
    void forget(LogPartition partition) {
        windows.keySet().removeIf(series -> series.partition().equals(partition));
    }

    int count() {
        return windows.size();
    }
}
