package io.millrace.stream.scale;

/**
 * What a pipeline has to do, at one moment.
 *
 * @param tasks how many it has; those that leave are not counted
 * @param starting how many of them do not work yet
 * @param isFailing whether one of them waits for something else, such as a sink that is away
 * @param waiting records that no task works on yet
 * @param oldestMillis the age of the oldest record that is not finished; 0 when there is none
 * @param received how many records were read since the pipeline was deployed
 * @param busy how many tasks' worth of time was worked since the last look: 1.5 of 2 tasks
 * @param partitions of all its inputs; 0 when that is not known
 * @param maySleep whether somebody would see records that come when there is no task
 */
public record Load(
        int tasks,
        int starting,
        boolean isFailing,
        long waiting,
        long oldestMillis,
        long received,
        double busy,
        int partitions,
        boolean maySleep) {}
