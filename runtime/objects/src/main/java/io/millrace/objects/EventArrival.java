package io.millrace.objects;

import java.time.Duration;

/** How events get to a source. One thread uses it, but for {@link #wakeup}. */
interface EventArrival extends AutoCloseable {

    /** They come by themselves; now and then somebody looks whether all is well. */
    EventArrival BY_ITSELF = () -> Duration.ofSeconds(5);

    /**
     * Brings in what there is.
     *
     * @return how long nothing is to be done; zero to go on at once
     * @throws io.millrace.api.MillraceException when it cannot go on; a new one then begins where
     *     the events are not taken yet
     */
    Duration step();

    /** Makes a step under way return soon. */
    default void wakeup() {}

    @Override
    default void close() {}
}
