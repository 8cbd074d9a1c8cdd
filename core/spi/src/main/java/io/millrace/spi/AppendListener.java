package io.millrace.spi;

import org.jspecify.annotations.Nullable;

/** Hears what became of an append. */
@FunctionalInterface
public interface AppendListener {

    /**
     * The append has ended.
     *
     * @param failure null when the record is durable in the log; else why it may not be there
     */
    void appended(@Nullable Exception failure);
}
