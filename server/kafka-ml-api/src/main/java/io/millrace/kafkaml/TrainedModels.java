package io.millrace.kafkaml;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.Revision;
import io.millrace.api.TrainingRunSpec;
import io.millrace.codec.archive.ArchivedFile;
import io.millrace.control.TrainedModel;
import io.millrace.kafkaml.Catalog.Result;
import io.millrace.spi.BlobStore;
import io.millrace.spi.TrainingResults;
import io.millrace.spi.TrainingResults.Format;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/** Makes versions of models of what runs trained; each run becomes one version at most. */
final class TrainedModels {

    /** Statuses are written all the time, and count as changes. */
    private static final int ATTEMPTS = 20;

    private final Catalog catalog;
    private final TrainingResults results;
    private final BlobStore blobs;

    TrainedModels(Catalog catalog, TrainingResults results, BlobStore blobs) {
        this.catalog = catalog;
        this.results = results;
        this.blobs = blobs;
    }

    /** A version that is there. */
    record Version(ResourceName model, int number) {}

    Version version(Result result, Resource<TrainingRunSpec> run) {
        TrainedModel trained =
                TrainedModel.keep(
                        run.key(), Optional.empty(), results, blobs, TrainedModels::archived);
        ResourceKey key =
                ResourceKey.of(Kind.MODEL, catalog.project(), result.definition().key().name());
        for (int attempt = 1; ; attempt++) {
            try {
                return new Version(key.name(), add(trained, key));
            } catch (MillraceException e) {
                if (e.code() != ErrorCode.CONFLICT || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /** Adds to the model as it was read: who wrote in between must not lose a version. */
    private int add(TrainedModel trained, ResourceKey key) {
        Optional<Resource<ModelSpec>> before = catalog.image().find(key, ModelSpec.class);
        OptionalInt known =
                before.map(model -> trained.versionIn(model.spec())).orElse(OptionalInt.empty());
        if (known.isPresent()) {
            return known.getAsInt();
        }
        int number = TrainedModel.next(before.map(Resource::spec));
        Revision seen = before.map(model -> model.metadata().revision()).orElse(Revision.NONE);
        catalog.put(trained.asVersion(key, number, before), Optional.of(seen));
        return number;
    }

    /** Blobs of models are archives. */
    private static InputStream archived(Path file, Format format) throws IOException {
        InputStream in = Files.newInputStream(file);
        return format == Format.SAVED_MODEL ? in : new ArchivedFile(format.file(), in);
    }
}
