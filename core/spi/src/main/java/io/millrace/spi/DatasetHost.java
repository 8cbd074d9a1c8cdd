package io.millrace.spi;

import io.millrace.api.DatasetSpec;
import io.millrace.api.ResourceKey;
import java.util.Optional;

/** The port through which control asks whether datasets are there. */
public interface DatasetHost {

    /**
     * Looks whether the log still has the records, and whether the first ones can be decoded;
     * returns at once and works in the background. Calling it again looks again, at most every few
     * seconds.
     *
     * @param changed called, on any thread, whenever {@link #observe} would say something new
     */
    void check(ResourceKey dataset, DatasetSpec spec, Runnable changed);

    /** What was found last; empty before the first look. */
    Optional<State> observe(ResourceKey dataset);

    /** Forgets a dataset and what was kept of it outside of the log. */
    void remove(ResourceKey dataset);

    /**
     * What was found.
     *
     * @param records how many labelled ones there are
     * @param unlabelled how many others there are
     * @param sample the shape and type of the first input and its label, for people
     * @param fault why it cannot be used, as one word in CamelCase; empty when it can
     * @param message a sentence for people, when there is a fault
     */
    record State(long records, long unlabelled, String sample, String fault, String message) {}

    /** Looks at nothing. */
    static DatasetHost none() {
        return new DatasetHost() {
            @Override
            public void check(ResourceKey dataset, DatasetSpec spec, Runnable changed) {}

            @Override
            public Optional<State> observe(ResourceKey dataset) {
                return Optional.empty();
            }

            @Override
            public void remove(ResourceKey dataset) {}
        };
    }
}
