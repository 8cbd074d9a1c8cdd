package io.millrace.management.http;

import io.helidon.http.Method;
import io.helidon.http.Status;
import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.management.http.Route.Answer;
import io.millrace.management.http.Route.Body;
import io.millrace.management.http.Route.Parameter;
import io.millrace.spi.BlobStore;
import io.millrace.store.ResourceStore;
import java.util.List;
import java.util.regex.Pattern;

/** Archives of models, and new versions of models. */
final class ModelRoutes {
    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
    private static final List<String> RAW =
            List.of("application/zip", "application/octet-stream", "multipart/form-data");

    private final ResourceStore store;
    private final BlobStore blobs;
    private final Upload upload;
    private final ModelVersions versions;

    ModelRoutes(
            ResourceStore store, BlobStore blobs, ModelVersions versions, ManagementLimits limits) {
        this.store = store;
        this.blobs = blobs;
        this.upload = new Upload(blobs, limits.blob());
        this.versions = versions;
    }

    List<Route> routes() {
        return List.of(
                new Route(
                        Method.POST,
                        "/projects/{project}/blobs",
                        "putBlob",
                        "Keeps content, such as the archive of a model",
                        List.of(),
                        new Body("binary", RAW),
                        new Answer(201, "Blob", Json.MEDIA_TYPE),
                        this::putBlob),
                new Route(
                        Method.HEAD,
                        "/projects/{project}/blobs/{sha256}",
                        "hasBlob",
                        "Says whether content is here",
                        List.of(),
                        Body.NONE,
                        new Answer(200, "", Json.MEDIA_TYPE),
                        this::hasBlob),
                new Route(
                        Method.POST,
                        "/projects/{project}/models/{name}/versions/{version}",
                        "uploadModelVersion",
                        "Adds a version to a model, which is created when absent, and waits until"
                                + " it is ready or rejected",
                        List.of(Parameter.query("framework", "string", "of a model that is new")),
                        new Body("binary", RAW),
                        Answer.json("ModelVersion"),
                        this::addVersion));
    }

    private void putBlob(Call call) {
        ResourceRoutes.requireProject(store.image(), call.project());
        String sha256 = upload.keep(call);
        Json.send(
                call.response(),
                Status.CREATED_201,
                Json.object().put("sha256", sha256).put("uri", ModelVersions.uri(sha256)));
    }

    private void hasBlob(Call call) {
        ResourceRoutes.requireProject(store.image(), call.project());
        String sha256 = call.path("sha256");
        boolean isHere = SHA_256.matcher(sha256).matches() && blobs.contains(sha256);
        call.response().status(isHere ? Status.OK_200 : Status.NOT_FOUND_404).send();
    }

    private void addVersion(Call call) {
        ResourceRoutes.requireProject(store.image(), call.project());
        int number = Call.integer("the version", call.path("version"), 1, Integer.MAX_VALUE);
        var request =
                new ModelVersions.Request(call.key(Kind.MODEL), number, call.query("framework"));
        // Before the upload, which may take long, and once more when it is written.
        versions.check(request);
        ModelVersionStatus status = versions.add(request, upload.keep(call));
        if (status.state() == State.REJECTED) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    "version " + number + " was rejected and is not kept: " + status.message());
        }
        call.ok(
                Json.object()
                        .put("version", status.version())
                        .put("state", status.state().label())
                        .put("message", status.message())
                        .put("sha256", status.sha256())
                        .put("sizeBytes", status.sizeBytes())
                        .put("signature", status.signature()));
    }
}
