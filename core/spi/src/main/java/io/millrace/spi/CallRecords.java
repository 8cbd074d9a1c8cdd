package io.millrace.spi;

import org.jspecify.annotations.Nullable;

/** Which records of the log the items of a call were made of. Used only during the call. */
@FunctionalInterface
public interface CallRecords {

    /** The items are no records of the log. */
    CallRecords NONE = _ -> null;

    /** The call is a trial, such as a replay: it says nothing about how the model is used. */
    CallRecords TRIAL =
            new CallRecords() {
                @Override
                public @Nullable LogRecord record(int item) {
                    return null;
                }
            };

    /** The record of an item, from 0 along the first axis; null when there is none. */
    @Nullable LogRecord record(int item);
}
