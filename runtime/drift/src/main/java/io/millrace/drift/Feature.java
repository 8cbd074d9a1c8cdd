package io.millrace.drift;

import io.millrace.spi.DriftReport.Part;

/**
 * One number of each record that is followed.
 *
 * @param part of what
 * @param name such as {@code x[3]}
 * @param kind what its values are
 */
record Feature(Part part, String name, Kind kind) {

    /** What values are. */
    enum Kind {
        /** A measure: it has an order, a mean and a range. */
        NUMBER,
        /** The number of a class. */
        CLASS
    }
}
