package io.millrace.stream;

import io.millrace.api.MillraceException;

/** What the answer to a record says under the names that outputs need. */
@FunctionalInterface
interface AnswerText {

    /** There is no answer, or nobody has it. */
    AnswerText UNKNOWN =
            _ -> {
                throw MillraceException.invalid("there is no answer yet");
            };

    /**
     * A field of the answer, never empty.
     *
     * @param field as {@link SliceAnswers#field} numbers it
     * @throws MillraceException {@code INVALID} when the answer does not have it
     */
    String text(int field);
}
