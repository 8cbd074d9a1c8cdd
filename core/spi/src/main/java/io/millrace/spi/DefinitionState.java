package io.millrace.spi;

/** What is known about the source of a model. */
public sealed interface DefinitionState {

    /**
     * It is being looked at.
     *
     * @param message what happens now, such as the building of an environment
     */
    record Checking(String message) implements DefinitionState {}

    /**
     * It makes a model that can be trained.
     *
     * @param summary its parameters, inputs and outputs, for people
     * @param notice what was changed so that it works with today's library; empty when nothing
     */
    record Valid(String summary, String notice) implements DefinitionState {}

    /**
     * It does not.
     *
     * @param message why, with the user's line
     */
    record Invalid(String message) implements DefinitionState {}

    /**
     * It could not be looked at; it is tried again.
     *
     * @param message why
     */
    record Unknown(String message) implements DefinitionState {}
}
