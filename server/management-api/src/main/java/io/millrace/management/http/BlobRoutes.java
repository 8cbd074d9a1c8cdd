package io.millrace.management.http;

import io.helidon.http.Method;
import io.helidon.http.Status;
import io.millrace.management.http.Route.Answer;
import io.millrace.management.http.Route.Body;
import io.millrace.spi.BlobStore;
import io.millrace.store.ResourceStore;
import java.util.List;
import java.util.regex.Pattern;

/** Content under its own hash, such as archives of models. */
final class BlobRoutes {
    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
    private final ResourceStore store;
    private final BlobStore blobs;
    private final Upload upload;

    BlobRoutes(ResourceStore store, BlobStore blobs, ManagementLimits limits) {
        this.store = store;
        this.blobs = blobs;
        this.upload = new Upload(blobs, limits.blob());
    }

    List<Route> routes() {
        return List.of(
                new Route(
                        Method.POST,
                        "/projects/{project}/blobs",
                        "putBlob",
                        "Keeps content, such as the archive of a model",
                        List.of(),
                        new Body("binary", Upload.MEDIA_TYPES),
                        new Answer(201, "Blob", Json.MEDIA_TYPE),
                        this::put),
                new Route(
                        Method.HEAD,
                        "/projects/{project}/blobs/{sha256}",
                        "hasBlob",
                        "Says whether content is here",
                        List.of(),
                        Body.NONE,
                        new Answer(200, "", Json.MEDIA_TYPE),
                        this::has));
    }

    private void put(Call call) {
        ResourceRoutes.requireProject(store.image(), call.project());
        String sha256 = upload.keep(call);
        Json.send(
                call.response(),
                Status.CREATED_201,
                Json.object().put("sha256", sha256).put("uri", ModelVersions.uri(sha256)));
    }

    private void has(Call call) {
        ResourceRoutes.requireProject(store.image(), call.project());
        String sha256 = call.path("sha256");
        boolean isHere = SHA_256.matcher(sha256).matches() && blobs.contains(sha256);
        call.response().status(isHere ? Status.OK_200 : Status.NOT_FOUND_404).send();
    }
}
