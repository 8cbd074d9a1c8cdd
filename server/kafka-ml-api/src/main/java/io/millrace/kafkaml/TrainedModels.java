package io.millrace.kafkaml;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelDefinitionSpec.Library;
import io.millrace.api.ModelSpec;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TrainingRunSpec;
import io.millrace.kafkaml.Catalog.Result;
import io.millrace.spi.BlobStore;
import io.millrace.spi.TrainingResults;
import io.millrace.spi.TrainingResults.Format;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes versions of models of what runs trained; each run becomes one version at most. */
final class TrainedModels {

    private static final long MAX_BYTES = 8L << 30;

    private final Catalog catalog;
    private final Ledger ledger;
    private final TrainingResults results;
    private final BlobStore blobs;

    TrainedModels(Catalog catalog, Ledger ledger, TrainingResults results, BlobStore blobs) {
        this.catalog = catalog;
        this.ledger = ledger;
        this.results = results;
        this.blobs = blobs;
    }

    /** A version that is there. */
    record Version(ResourceName model, int number) {

        static Version parse(String text) {
            int slash = text.lastIndexOf('/');
            return new Version(
                    new ResourceName(text.substring(0, slash)),
                    Integer.parseInt(text.substring(slash + 1)));
        }

        @Override
        public String toString() {
            return model + "/" + number;
        }
    }

    Version version(Result result, Resource<TrainingRunSpec> run) {
        Optional<Version> known =
                ledger.version(run.metadata().uid()).map(Version::parse).filter(this::isThere);
        if (known.isPresent()) {
            return known.get();
        }
        boolean isKeras = result.definition().spec().library() == Library.KERAS;
        String uri = "blob:sha256:" + keep(run, isKeras ? Format.SAVED_MODEL : Format.ONNX);
        ResourceKey key =
                ResourceKey.of(Kind.MODEL, catalog.project(), result.definition().key().name());
        Version version = add(key, isKeras ? "tensorflow" : "onnx", uri);
        ledger.version(run.metadata().uid(), version.toString());
        return version;
    }

    private boolean isThere(Version version) {
        return catalog.image()
                .find(
                        ResourceKey.of(Kind.MODEL, catalog.project(), version.model()),
                        ModelSpec.class)
                .flatMap(model -> model.spec().version(version.number()))
                .isPresent();
    }

    private String keep(Resource<TrainingRunSpec> run, Format format) {
        Path file = results.model(run.key(), format);
        try (InputStream content = archived(file, format)) {
            return blobs.put(content, MAX_BYTES);
        } catch (IOException e) {
            throw MillraceException.internal("the model " + file + " cannot be read", e);
        }
    }

    /** Blobs of models are archives. */
    private static InputStream archived(Path file, Format format) throws IOException {
        InputStream in = Files.newInputStream(file);
        return format == Format.SAVED_MODEL
                ? in
                : new io.millrace.codec.archive.ArchivedFile(format.file(), in);
    }

    private Version add(ResourceKey key, String framework, String uri) {
        Optional<Resource<ModelSpec>> before = catalog.image().find(key, ModelSpec.class);
        if (before.isEmpty()) {
            catalog.put(
                    new Manifest<>(
                            key,
                            "",
                            Map.of(),
                            ModelSpec.of(
                                    framework, List.of(new ModelSpec.Version(1, uri)), Map.of())),
                    true);
            return new Version(key.name(), 1);
        }
        ModelSpec spec = before.get().spec();
        if (!spec.framework().equals(framework)) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    "%s is a model of %s already; give the definition another name"
                            .formatted(key.label(), spec.framework()));
        }
        int next = 1;
        for (ModelSpec.Version version : spec.versions()) {
            if (version.uri().equals(uri)) {
                return new Version(key.name(), version.version());
            }
            next = Math.max(next, version.version() + 1);
        }
        var versions = new ArrayList<>(spec.versions());
        versions.add(new ModelSpec.Version(next, uri));
        catalog.put(
                new Manifest<>(
                        key,
                        before.get().metadata().title(),
                        before.get().metadata().labels(),
                        spec.withVersions(versions)),
                false);
        return new Version(key.name(), next);
    }
}
