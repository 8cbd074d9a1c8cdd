package io.millrace.spi;

import java.util.Map;

/** How a deployed pipeline does. */
public sealed interface PipelineState {

    /** Not yet reading. */
    record Starting(String message) implements PipelineState {}

    /** Reading from all its topics; {@code facts} are for people. */
    record Running(Map<String, String> facts) implements PipelineState {
        public Running {
            facts = Map.copyOf(facts);
        }
    }

    /** Not working; it tries again by itself. The message says what is wrong and what to do. */
    record Failing(String message) implements PipelineState {}
}
