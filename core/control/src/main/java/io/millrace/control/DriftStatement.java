package io.millrace.control;

import io.millrace.api.Condition.Truth;
import io.millrace.control.Observation.Statement;
import io.millrace.spi.DriftReport;
import io.millrace.spi.DriftReport.VersionDrift;
import java.util.Optional;
import java.util.OptionalInt;

/** Whether the version that answers still sees what it was made for, as a condition. Pure. */
final class DriftStatement {

    /** The condition of models that are watched. */
    static final String DRIFTED = "Drifted";

    private DriftStatement() {}

    static Statement of(DriftReport report, OptionalInt serving) {
        if (serving.isEmpty()) {
            return new Statement(DRIFTED, Truth.UNKNOWN, "NotServing", "no version answers");
        }
        int version = serving.getAsInt();
        Optional<VersionDrift> seen = report.version(version);
        if (seen.isEmpty()) {
            return new Statement(
                    DRIFTED,
                    Truth.UNKNOWN,
                    "Learning",
                    "version %d has not been called since it is watched".formatted(version));
        }
        String message = seen.get().message();
        return switch (seen.get().state()) {
            case LEARNING -> new Statement(DRIFTED, Truth.UNKNOWN, "Learning", message);
            case STEADY -> new Statement(DRIFTED, Truth.FALSE, "Steady", message);
            case DRIFTED ->
                    new Statement(
                            DRIFTED,
                            Truth.TRUE,
                            "Drifted",
                            "version %d: %s".formatted(version, message));
        };
    }
}
