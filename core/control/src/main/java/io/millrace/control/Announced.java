package io.millrace.control;

import io.millrace.api.Metadata;
import io.millrace.api.Resource;
import io.millrace.spi.DataAnnouncements.Announcement;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;

/**
 * How a dataset says that a sender announced it: labels, so that who waits for it finds it in the
 * store, also after a restart.
 *
 * @param number of the experiment that was meant
 * @param time when the message was written, as its sender says
 * @param isLive whether more samples come
 */
record Announced(long number, Instant time, boolean isLive) {

    private static final String NUMBER = "millrace.io/announced-for";
    private static final String TIME = "millrace.io/announced-at";
    private static final String LIVE = "millrace.io/announced-live";

    /** Clocks of senders may be behind by so much. */
    private static final Duration SKEW = Duration.ofMinutes(1);

    static Announced of(Announcement announcement) {
        return new Announced(announcement.number(), announcement.time(), announcement.isLive());
    }

    /** What the labels of a dataset say; empty for one that a user made. */
    static Optional<Announced> of(Resource<?> dataset) {
        Map<String, String> labels = dataset.metadata().labels();
        String number = labels.get(NUMBER);
        String time = labels.get(TIME);
        if (number == null || time == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new Announced(
                            Long.parseLong(number),
                            Instant.parse(time),
                            Boolean.parseBoolean(labels.get(LIVE))));
        } catch (NumberFormatException | DateTimeParseException _) {
            // Somebody else wrote them: then it is a dataset like any other.
            return Optional.empty();
        }
    }

    Map<String, String> labels() {
        return Map.of(
                NUMBER,
                Long.toString(number),
                TIME,
                time.toString(),
                LIVE,
                Boolean.toString(isLive));
    }

    /**
     * Whether it is not older than an experiment: numbers are given again after a reset, and what
     * was said for the one before is not for this one.
     *
     * @param made when the dataset was made
     */
    boolean isFor(Metadata experiment, Instant made) {
        return !made.isBefore(experiment.createdAt())
                && !time.isBefore(experiment.createdAt().minus(SKEW));
    }
}
