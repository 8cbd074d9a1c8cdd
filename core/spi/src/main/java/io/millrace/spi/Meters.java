package io.millrace.spi;

import java.util.function.DoubleSupplier;

/**
 * Where numbers about the running system go. A meter is made once and kept; making it again with
 * the same name and labels gives the same one.
 *
 * <p>Names follow Prometheus: {@code millrace_mqtt_received_total}. Labels come as name, value,
 * name, value.
 */
public interface Meters {

    /** Counts up. */
    Count count(String name, String help, String... labels);

    /** How long things take, in seconds when shown. */
    Timing timing(String name, String help, String... labels);

    /** How large things are, such as batches: a distribution over powers of two. */
    Sizes sizes(String name, String help, String... labels);

    /** A number that is read when somebody looks. A second supplier replaces the first. */
    void gauge(String name, String help, DoubleSupplier value, String... labels);

    /**
     * Removes all meters that carry all of these labels: what they count has gone. Handles of them
     * that are still used count into nothing; making one again begins at zero.
     */
    void forget(String... labels);

    /** A counter. Cheap and safe from any thread. */
    interface Count {
        /** Adds to it. */
        void add(long amount);

        /** What it stands at. */
        long value();

        /** Adds one. */
        default void increment() {
            add(1);
        }
    }

    /** A distribution of sizes. Cheap and safe from any thread. */
    interface Sizes {
        /** Adds one size. */
        void record(long size);
    }

    /** A distribution of durations. Cheap and safe from any thread. */
    interface Timing {
        /** Adds one duration. */
        void record(long nanos);
    }
}
