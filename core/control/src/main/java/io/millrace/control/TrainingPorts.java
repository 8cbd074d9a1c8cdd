package io.millrace.control;

import io.millrace.spi.DataAnnouncements;
import io.millrace.spi.DatasetHost;
import io.millrace.spi.TrainingHost;
import io.millrace.spi.VersionJudge;

/**
 * What control needs so that models are trained.
 *
 * @param training where definitions are checked and runs are trained
 * @param datasets where samples are looked for
 * @param announcements what senders of samples say
 * @param models what runs made
 * @param judge who compares versions of a model that is trained again
 */
public record TrainingPorts(
        TrainingHost training,
        DatasetHost datasets,
        DataAnnouncements announcements,
        RunModels models,
        VersionJudge judge) {

    /** Ports to an install whose experiments train once. */
    public TrainingPorts(
            TrainingHost training, DatasetHost datasets, DataAnnouncements announcements) {
        this(training, datasets, announcements, RunModels.none(), VersionJudge.none());
    }

    /** Ports of an install that trains nothing. */
    public static TrainingPorts none() {
        return new TrainingPorts(TrainingHost.none(), DatasetHost.none(), DataAnnouncements.none());
    }
}
