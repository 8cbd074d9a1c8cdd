package io.millrace.kafkaml;

import io.millrace.api.TimeSource;
import io.millrace.spi.BlobStore;
import io.millrace.spi.StreamLog;
import io.millrace.spi.TrainingHost;
import io.millrace.spi.TrainingResults;
import io.millrace.store.ResourceStore;

/**
 * What the interface speaks for. It closes none of it.
 *
 * @param store the resources
 * @param training tries new models
 * @param results what runs reported and made
 * @param blobs keeps models that are deployed
 * @param log for announcements that are sent again, and for looking at predictions
 * @param time for deadlines and dates
 */
public record KafkaMlPorts(
        ResourceStore store,
        TrainingHost training,
        TrainingResults results,
        BlobStore blobs,
        StreamLog log,
        TimeSource time) {}
