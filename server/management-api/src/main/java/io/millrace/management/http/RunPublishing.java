package io.millrace.management.http;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.VersionRef;
import io.millrace.codec.TrainingRequests.Deployment;
import io.millrace.codec.TrainingRequests.Registration;
import io.millrace.codec.archive.ArchivedFile;
import io.millrace.control.TopicDeployment;
import io.millrace.control.TrainedModel;
import io.millrace.spi.BlobStore;
import io.millrace.spi.EventLog;
import io.millrace.spi.RunReport;
import io.millrace.spi.TrainingResults;
import io.millrace.spi.TrainingResults.Format;
import io.millrace.store.ResourceStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

/** Makes versions and services of what runs have trained. */
final class RunPublishing {
    private final ResourceStore store;
    private final BlobStore blobs;
    private final EventLog events;
    private final Supplier<TrainingResults> results;
    private final ResourceWrites writes;
    private final ModelVersions versions;

    RunPublishing(ManagementPorts ports, ResourceWrites writes, ModelVersions versions) {
        this.store = ports.store();
        this.blobs = ports.blobs();
        this.events = ports.events();
        this.results = ports.training();
        this.writes = writes;
        this.versions = versions;
    }

    /** A version that a run has become. */
    record Registered(ResourceKey model, int version) {}

    RunReport report(ResourceKey run) {
        return results.get()
                .report(run)
                .orElseThrow(() ->
                        MillraceException.notFound(
                                run + " has reported nothing yet; it waits for its turn"));
    }

    Format firstFormat(ResourceKey run) {
        return report(run).formats().stream()
                .findFirst()
                .orElseThrow(() -> MillraceException.notFound(run + " has made no model"));
    }

    /** Does nothing when the model has this content as a version already. */
    Registered register(ResourceKey run, Registration wanted) {
        ResourceKey model =
                ResourceKey.of(Kind.MODEL, run.project(), wanted.model().orElse(run.name()));
        TrainedModel trained =
                TrainedModel.keep(
                        run, wanted.framework(), results.get(), blobs, RunPublishing::pack);
        Optional<ModelSpec> before = store.image().find(model, ModelSpec.class).map(Resource::spec);
        OptionalInt known = before.map(trained::versionIn).orElse(OptionalInt.empty());
        if (known.isPresent() && (wanted.version().isEmpty() || wanted.version().equals(known))) {
            return new Registered(model, known.getAsInt());
        }
        int number = wanted.version().orElse(TrainedModel.next(before));
        var request =
                new ModelVersions.Request(
                        model,
                        number,
                        Optional.of(trained.framework()),
                        Optional.of(trained.decode()));
        versions.check(request);
        ModelVersionStatus status = versions.add(request, trained.uri());
        if (status.state() == ModelVersionStatus.State.REJECTED) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    "version %d was rejected and is not kept: %s"
                            .formatted(number, status.message()));
        }
        events.record(
                run,
                EventLog.Severity.NORMAL,
                "Registered",
                "as version %d of %s".formatted(number, model.label()));
        return new Registered(model, number);
    }

    /** Archives as they are, single files as the only one of an archive. */
    static InputStream pack(Path file, Format format) throws IOException {
        InputStream content = Files.newInputStream(file);
        return format == Format.SAVED_MODEL ? content : new ArchivedFile(format.file(), content);
    }

    Resource<?> deploy(ResourceKey run, Deployment wanted) {
        Registered version = register(run, wanted.registration());
        ResourceKey pipeline =
                ResourceKey.of(Kind.PIPELINE, run.project(), wanted.pipeline().orElse(run.name()));
        var deployment =
                new TopicDeployment(
                        pipeline,
                        wanted.input(),
                        wanted.output(),
                        wanted.start(),
                        version.model().name(),
                        new VersionRef.Numbered(version.version()),
                        wanted.decode(),
                        wanted.replicas(),
                        wanted.readers());
        Resource<?> made = writes.put(deployment.manifest(), Optional.empty(), false).after();
        events.record(
                run,
                EventLog.Severity.NORMAL,
                "Deployed",
                "as %s, from topic %s to topic %s"
                        .formatted(pipeline.label(), wanted.input(), wanted.output()));
        return made;
    }
}
