package io.millrace.stream.dead;

import io.millrace.spi.LetterFilter;
import io.millrace.spi.LetterJob;
import io.millrace.spi.OffsetRange;
import java.util.List;
import java.util.Map;

/** What is written about dead letters into the topic of settled ones. */
sealed interface LedgerEntry {

    /** When it was written: milliseconds since the epoch. */
    long atMillis();

    /**
     * A job was asked for.
     *
     * @param bounds for each partition what the job has to look at
     */
    record Started(
            String job,
            LetterJob.Action action,
            LetterFilter filter,
            Map<Integer, OffsetRange> bounds,
            long atMillis)
            implements LedgerEntry {
        public Started {
            bounds = Map.copyOf(bounds);
        }
    }

    /**
     * A job has settled some letters and goes on behind them.
     *
     * @param letters for each partition which ones
     * @param next for each partition the offset to look at next
     * @param settled how many letters the job has settled in all
     */
    record Settled(
            String job,
            LetterJob.Action action,
            Map<Integer, List<OffsetRange>> letters,
            Map<Integer, Long> next,
            long settled,
            long atMillis)
            implements LedgerEntry {
        public Settled {
            letters = Map.copyOf(letters);
            next = Map.copyOf(next);
        }
    }

    /** A job has ended. */
    record Ended(String job, LetterJob.State state, String message, long atMillis)
            implements LedgerEntry {}

    /**
     * What was settled, said once more because the log forgets what is old.
     *
     * @param hasMore whether another one follows, with which all of it is said
     */
    record Summary(
            Map<Integer, List<OffsetRange>> redriven,
            Map<Integer, List<OffsetRange>> dropped,
            boolean hasMore,
            long atMillis)
            implements LedgerEntry {
        public Summary {
            redriven = Map.copyOf(redriven);
            dropped = Map.copyOf(dropped);
        }
    }
}
