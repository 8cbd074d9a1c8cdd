package io.millrace.control;

import io.millrace.api.DecodeSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.spi.BlobStore;
import io.millrace.spi.RunReport;
import io.millrace.spi.TrainingResults;
import io.millrace.spi.TrainingResults.Format;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a run has made, as the version of a model: content under its hash, and the decoder of its
 * samples.
 *
 * @param framework that serves it
 * @param uri where its content is kept
 * @param decode how payloads become its input
 */
public record TrainedModel(String framework, String uri, DecodeSpec decode) {

    /** Formats that can be served, the best first, and what serves them. */
    private static final List<Served> SERVED =
            List.of(
                    new Served(Format.SAVED_MODEL, "tensorflow"),
                    new Served(Format.ONNX, "onnx"),
                    new Served(Format.KERAS, "keras"),
                    new Served(Format.H5, "keras"),
                    new Served(Format.TFLITE, "tflite"));

    private record Served(Format format, String framework) {}

    /** Makes an archive of the file of a model, as versions of models are kept. */
    @FunctionalInterface
    public interface Packing {
        /** The archive; closed by the caller. */
        InputStream pack(Path file, Format format) throws IOException;
    }

    /**
     * Keeps the model of a run.
     *
     * @param framework that shall serve it; empty for the best of what the run made
     * @throws MillraceException {@code NOT_FOUND} when the run is unknown, {@code CONFLICT} when it
     *     made no model that can be served
     */
    public static TrainedModel keep(
            ResourceKey run,
            Optional<String> framework,
            TrainingResults results,
            BlobStore blobs,
            Packing packing) {
        RunReport report =
                results.report(run)
                        .orElseThrow(
                                () -> MillraceException.notFound(run + " has not been trained"));
        Served served =
                SERVED.stream()
                        .filter(one -> report.formats().contains(one.format()))
                        .filter(one ->
                                framework.isEmpty() || framework.get().equals(one.framework()))
                        .findFirst()
                        .orElseThrow(() -> noModel(run, framework, report));
        try (InputStream content =
                packing.pack(results.model(run, served.format()), served.format())) {
            String sha256 = blobs.put(content, Long.MAX_VALUE);
            return new TrainedModel(served.framework(), "blob:sha256:" + sha256, report.decode());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static MillraceException noModel(
            ResourceKey run, Optional<String> framework, RunReport report) {
        String message =
                report.formats().isEmpty()
                        ? "%s has made no model: it is %s"
                                .formatted(run, RunPhase.word(report.state().phase()))
                        : "%s made a model as %s, which %s does not serve"
                                .formatted(
                                        run,
                                        report.formats().stream().map(Format::label).toList(),
                                        framework.orElse("Millrace"));
        return new MillraceException(ErrorCode.CONFLICT, message);
    }

    /** The version that holds it already; empty when there is none. */
    public OptionalInt versionIn(ModelSpec model) {
        return model.versions().stream()
                .filter(version -> version.uri().equals(uri))
                .mapToInt(ModelSpec.Version::version)
                .findFirst();
    }

    /** The number behind the last of a model. */
    public static int next(Optional<ModelSpec> model) {
        return 1
                + model.stream()
                        .flatMap(spec -> spec.versions().stream())
                        .mapToInt(ModelSpec.Version::version)
                        .max()
                        .orElse(0);
    }

    /**
     * A model with this as a version.
     *
     * @param before the model as it is; empty when it is new
     * @throws MillraceException {@code CONFLICT} when the number is taken, {@code INVALID} when the
     *     model is of another framework
     */
    public Manifest<ModelSpec> asVersion(
            ResourceKey model, int number, Optional<Resource<ModelSpec>> before) {
        var version = new ModelSpec.Version(number, uri, Optional.of(decode));
        if (before.isEmpty()) {
            return new Manifest<>(
                    model, "", Map.of(), ModelSpec.of(framework, List.of(version), Map.of()));
        }
        ModelSpec spec = before.get().spec();
        if (spec.version(number).isPresent()) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "version %d of %s exists; its content never changes, use a new number"
                            .formatted(number, model.label()));
        }
        if (!spec.framework().equals(framework)) {
            throw MillraceException.invalid(
                    "%s is a model of framework '%s', not '%s'"
                            .formatted(model.label(), spec.framework(), framework));
        }
        var versions = new ArrayList<>(spec.versions());
        versions.add(version);
        return new Manifest<>(
                model,
                before.get().metadata().title(),
                before.get().metadata().labels(),
                spec.withVersions(versions));
    }
}
