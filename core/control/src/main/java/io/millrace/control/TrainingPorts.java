package io.millrace.control;

import io.millrace.spi.DataAnnouncements;
import io.millrace.spi.DatasetHost;
import io.millrace.spi.TrainingHost;

/**
 * What control needs so that models are trained.
 *
 * @param training where definitions are checked and runs are trained
 * @param datasets where samples are looked for
 * @param announcements what senders of samples say
 */
public record TrainingPorts(
        TrainingHost training, DatasetHost datasets, DataAnnouncements announcements) {

    /** Ports of an install that trains nothing. */
    public static TrainingPorts none() {
        return new TrainingPorts(TrainingHost.none(), DatasetHost.none(), DataAnnouncements.none());
    }
}
