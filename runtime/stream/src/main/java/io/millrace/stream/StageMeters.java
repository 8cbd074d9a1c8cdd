package io.millrace.stream;

import io.millrace.spi.Meters;

/**
 * The numbers of one stage or output, added to once for each slice.
 *
 * @param time how long a slice takes
 * @param in items that came
 * @param out items that left
 * @param batch how many come at once
 */
record StageMeters(Meters.Timing time, Meters.Count in, Meters.Count out, Meters.Sizes batch) {

    void came(int items) {
        in.add(items);
        batch.record(items);
    }
}
