package io.millrace.spi;

import io.millrace.api.ResourceKey;
import java.util.List;

/**
 * What functions print, line by line, kept within bounds.
 *
 * <p>Any thread may call any method.
 */
public interface StepLogs {

    /** Keeps a line. Never blocks on readers. */
    void append(Line line);

    /** The last lines of a pipeline, oldest first. */
    List<Line> tail(ResourceKey pipeline, int lines);

    /**
     * The last lines, and then each new one.
     *
     * @param lines how many old lines come first
     * @param follower called one line at a time; a slow one loses lines, and is told how many
     * @return close it to stop
     */
    Subscription follow(ResourceKey pipeline, int lines, Follower follower);

    /**
     * Takes lines of a pipeline again after {@link #remove}. Called before its functions start;
     * calling it again does nothing.
     */
    default void open(ResourceKey pipeline) {}

    /**
     * Removes what is kept of a pipeline. Its functions may still be ending: what they print until
     * {@link #open} need not be kept.
     */
    void remove(ResourceKey pipeline);

    /** A follower could not pass on so many of the lines that it was given. */
    default void lost(long lines) {}

    /**
     * One line.
     *
     * @param pipeline whose
     * @param step the function's name
     * @param worker which of its workers, from 0
     * @param atMillis when it was read, milliseconds since the epoch
     * @param text without the line end
     */
    record Line(ResourceKey pipeline, String step, int worker, long atMillis, String text) {}

    /** Hears lines. */
    interface Follower {
        /** The next line. */
        void line(Line line);

        /** Lines were lost because this follower was too slow. */
        void lost(long lines);
    }

    /** A running follow. */
    interface Subscription extends AutoCloseable {
        @Override
        void close();
    }
}
