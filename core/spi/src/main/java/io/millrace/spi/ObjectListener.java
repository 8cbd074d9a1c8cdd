package io.millrace.spi;

import io.millrace.api.ProjectId;

/** Hears of every change in the embedded object store. */
@FunctionalInterface
public interface ObjectListener {

    /**
     * An object was created or removed. Returns when the news is durable, so that the store may
     * forget that it has to tell it; the store tells again what was not taken.
     *
     * @throws io.millrace.api.MillraceException {@code UNAVAILABLE} or {@code OVERLOADED} when it
     *     cannot be kept now
     */
    void happened(ProjectId project, ObjectEvent event);
}
