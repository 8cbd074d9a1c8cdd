package io.millrace.spi;

import java.util.Locale;

/**
 * The redrive or drop of some dead letters. It survives a restart: what is not done goes on when
 * the pipeline is deployed again.
 *
 * @param id of the job
 * @param action what is done
 * @param filter to which letters, of those that were there and open when it started
 * @param state how far it is
 * @param message why it failed; else empty
 * @param looked how many places of the log were looked at
 * @param total how many there are to look at
 * @param settled how many letters were redriven or dropped
 * @param startedMillis when it was asked for
 * @param changedMillis when it last got on
 */
public record LetterJob(
        String id,
        Action action,
        LetterFilter filter,
        State state,
        String message,
        long looked,
        long total,
        long settled,
        long startedMillis,
        long changedMillis) {

    /** What is done to letters. */
    public enum Action {
        /** The pipeline tries them again. */
        REDRIVE,
        /** They are not needed. */
        DROP;

        /** In lower case, for programs and people. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How far a job is. */
    public enum State {
        /** It works, or goes on when the log can be reached and the pipeline is deployed. */
        RUNNING,
        /** All letters were looked at. */
        DONE,
        /** Somebody stopped it; what was done until then stays done. */
        CANCELLED,
        /** It cannot go on. */
        FAILED;

        /** In lower case, for programs and people. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Whether nothing more will happen. */
    public boolean hasEnded() {
        return state != State.RUNNING;
    }
}
