package io.millrace.cli.demo;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.cli.Readiness;
import io.millrace.cli.manifest.ManifestDocument;
import io.millrace.cli.manifest.ManifestFiles;
import io.millrace.cli.manifest.Manifests;
import io.millrace.client.ApiResource;
import io.millrace.client.Applied;
import io.millrace.client.MillraceClient;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The example's resources: applied as a user would, with the model step where Python fails. */
final class FashionJob {

    static final ProjectId PROJECT = new ProjectId("fashion");
    static final ResourceName PIPELINE = new ResourceName("fashion-pipeline");
    static final ResourceName CAMERA = new ResourceName("mqtt-camera");

    private static final String ENVIRONMENT_FAILED = "EnvironmentFailed";
    private static final Duration LIMIT = Duration.ofMinutes(15);
    private static final String WITH_FUNCTION = "examples/fashion";
    private static final String WITHOUT_FUNCTION = "examples/fashion/model-step/pipeline.yaml";

    private final MillraceClient client;
    private final TimeSource time;
    private final Path home;
    private final DemoScreen screen;

    FashionJob(MillraceClient client, TimeSource time, Path home, DemoScreen screen) {
        this.client = client;
        this.time = time;
        this.home = home;
        this.screen = screen;
    }

    /**
     * Applies everything and waits until it works.
     *
     * @param modelStep do without the function from the start
     */
    void start(boolean modelStep) {
        if (modelStep) {
            List<ManifestDocument> documents = new ArrayList<>(read(WITH_FUNCTION));
            documents.removeIf(FashionJob::needsPython);
            documents.addAll(read(WITHOUT_FUNCTION));
            awaitAll(apply("the fashion job with the model step", documents));
            return;
        }
        List<ResourceKey> keys = apply(WITH_FUNCTION, read(WITH_FUNCTION));
        List<ApiResource> pending = await(keys);
        Optional<ApiResource> failed =
                pending.stream().filter(FashionJob::isWithoutPython).findFirst();
        if (failed.isEmpty()) {
            requireNone(pending);
            return;
        }
        screen.note("Python cannot be used here: " + Readiness.describe(failed.get()));
        screen.note("going on with Millrace's own model step in place of the function");
        var rest = new ArrayList<ResourceKey>(keys);
        rest.removeIf(key -> key.kind() == Kind.FUNCTION);
        apply(WITHOUT_FUNCTION, read(WITHOUT_FUNCTION));
        awaitAll(rest);
    }

    private static boolean needsPython(ManifestDocument document) {
        Kind kind = document.kind().orElse(null);
        return kind == Kind.FUNCTION || kind == Kind.PIPELINE;
    }

    private static boolean isWithoutPython(ApiResource resource) {
        return resource.kind().equals(Kind.FUNCTION.label())
                && resource.ready().filter(c -> c.reason().equals(ENVIRONMENT_FAILED)).isPresent();
    }

    private List<ManifestDocument> read(String name) {
        return new ManifestFiles(home, InputStream.nullInputStream()).read(List.of(name));
    }

    private List<ResourceKey> apply(String what, List<ManifestDocument> documents) {
        var manifests =
                new Manifests(
                        client, PROJECT, (file, sent, total) -> screen.busy("uploading " + file));
        List<Applied> applied = manifests.apply(documents);
        screen.done(
                "applied "
                        + what
                        + ": "
                        + applied.stream().map(Applied::label).collect(Collectors.joining(", ")));
        return applied.stream().map(Readiness::keyOf).toList();
    }

    private void awaitAll(List<ResourceKey> keys) {
        requireNone(await(keys));
    }

    private List<ApiResource> await(List<ResourceKey> keys) {
        return new Readiness(client, time)
                .await(
                        keys,
                        LIMIT,
                        resource -> {
                            if (!resource.isReady()) {
                                screen.busy(resource.label() + ": " + Readiness.describe(resource));
                            }
                            return !isWithoutPython(resource);
                        });
    }

    private static void requireNone(List<ApiResource> pending) {
        if (!pending.isEmpty()) {
            throw new MillraceException(
                    ErrorCode.TIMEOUT,
                    pending.stream()
                            .map(r -> r.label() + " is not ready: " + Readiness.describe(r))
                            .collect(Collectors.joining("\n")));
        }
    }
}
