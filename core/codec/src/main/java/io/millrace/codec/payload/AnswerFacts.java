package io.millrace.codec.payload;

import org.jspecify.annotations.Nullable;

/** What a template may say beside the numbers of the answer. */
public interface AnswerFacts {

    /** Where nothing is known. */
    AnswerFacts NONE =
            new AnswerFacts() {
                @Override
                public String model() {
                    return "";
                }

                @Override
                public int version() {
                    return 0;
                }

                @Override
                public @Nullable String header(String name) {
                    return null;
                }

                @Override
                public @Nullable String capture(String name) {
                    return null;
                }
            };

    /** The model that answered. */
    String model();

    /** Its version. */
    int version();

    /** The header of the record, or null when it has none of this name. */
    @Nullable String header(String name);

    /** What stood in the named level of the sender's topic, or null when it has none. */
    @Nullable String capture(String name);
}
