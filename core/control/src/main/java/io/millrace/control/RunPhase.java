package io.millrace.control;

import io.millrace.api.Resource;
import io.millrace.spi.TrainingState.Phase;
import java.util.Locale;
import java.util.Map;

/** How far a run is, as its status says it. */
final class RunPhase {
    private static final String DETAIL = "phase";

    private RunPhase() {}

    static void write(Phase phase, Map<String, String> details) {
        details.put(DETAIL, word(phase));
    }

    /** What the status of a run says; a run that was never looked at waits. */
    static Phase of(Resource<?> run) {
        String word = run.status().details().get(DETAIL);
        for (Phase phase : Phase.values()) {
            if (word(phase).equals(word)) {
                return phase;
            }
        }
        return Phase.QUEUED;
    }

    static String word(Phase phase) {
        return phase.name().toLowerCase(Locale.ROOT);
    }
}
