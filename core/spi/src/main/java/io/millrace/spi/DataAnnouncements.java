package io.millrace.spi;

import io.millrace.api.DatasetSpec;
import io.millrace.api.ProjectId;
import java.time.Instant;

/** Messages of senders which say that samples for an experiment are in the log. */
public interface DataAnnouncements {

    /**
     * Takes announcements from now on, those that came while nobody listened included. One that was
     * taken is not given again, except after a crash.
     */
    void listen(Listener listener);

    /** Hears nothing. */
    static DataAnnouncements none() {
        return listener -> {};
    }

    /** Takes announcements, one at a time and in order. */
    @FunctionalInterface
    interface Listener {
        /**
         * Takes one.
         *
         * @throws io.millrace.api.MillraceException {@code UNAVAILABLE} when it shall be given
         *     again later; what comes behind it waits
         */
        void announced(Announcement announcement);
    }

    /**
     * One of them.
     *
     * @param project whose experiment is meant
     * @param number of the experiment
     * @param position where the message is: the same one always has the same
     * @param time when it was written, as its sender says
     * @param dataset what it says
     * @param isLive whether more samples come behind those of its ranges
     */
    record Announcement(
            ProjectId project,
            long number,
            LogPosition position,
            Instant time,
            DatasetSpec dataset,
            boolean isLive) {}
}
