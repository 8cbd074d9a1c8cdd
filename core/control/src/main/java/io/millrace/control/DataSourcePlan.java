package io.millrace.control;

import io.millrace.spi.SourceBinding;

/** What is to be done for a data source. */
sealed interface DataSourcePlan {
    /** It cannot take data as it is declared. */
    record Refuse(String reason, String message) implements DataSourcePlan {}

    /**
     * Its topics are created and its connector takes data.
     *
     * @param doubt what keeps it from being ready all the same, empty when nothing does: a sender
     *     must not lose data because a category is missing
     */
    record Bind(SourceBinding binding, String doubt) implements DataSourcePlan {}
}
