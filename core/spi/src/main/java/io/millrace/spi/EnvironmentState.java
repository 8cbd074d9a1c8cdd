package io.millrace.spi;

/** How far an environment is. */
public sealed interface EnvironmentState {

    /** It is being built. */
    record Building(String message) implements EnvironmentState {}

    /** It can be used. */
    record Ready() implements EnvironmentState {}

    /** It could not be built; the message holds the tool's own words and what to do. */
    record Failed(String message) implements EnvironmentState {}
}
