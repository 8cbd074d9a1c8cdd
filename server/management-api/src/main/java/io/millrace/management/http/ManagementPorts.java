package io.millrace.management.http;

import io.millrace.api.TimeSource;
import io.millrace.security.SecretStore;
import io.millrace.spi.BlobStore;
import io.millrace.spi.DeadLetterBox;
import io.millrace.spi.EventLog;
import io.millrace.spi.ModelHost;
import io.millrace.spi.ModelMonitor;
import io.millrace.spi.ObjectStoreHost;
import io.millrace.spi.StepLogs;
import io.millrace.spi.TrainingResults;
import io.millrace.store.ResourceStore;
import java.util.function.Supplier;

/**
 * What the management API speaks for. It closes none of it.
 *
 * @param store the resources
 * @param blobs the archives of models
 * @param models serves the models; asked for what it sees
 * @param logs what functions print
 * @param events what happened to resources
 * @param deadLetters what pipelines gave up
 * @param certificates makes client certificates
 * @param secrets what connections prove themselves with; asked for names, never for values
 * @param facts what the server is; asked anew each time, since ports are known only once open
 * @param insight looks into pipelines
 * @param time for deadlines and dates
 * @param monitor watches models; asked for what it saw
 * @param training what runs reported and made; asked anew each time, since the runtime comes up
 *     after the API
 * @param objects the embedded object store: its users, and what projects hold there
 */
public record ManagementPorts(
        ResourceStore store,
        BlobStore blobs,
        ModelHost models,
        StepLogs logs,
        EventLog events,
        DeadLetterBox deadLetters,
        ClientCertificates certificates,
        SecretStore secrets,
        Supplier<ServerFacts> facts,
        Insight insight,
        TimeSource time,
        ModelMonitor monitor,
        Supplier<TrainingResults> training,
        ObjectStoreHost objects) {}
