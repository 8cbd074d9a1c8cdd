package io.millrace.management.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.codec.ModelRequests;
import io.millrace.codec.ResourceWriter;
import io.millrace.codec.archive.ModelFile;
import io.millrace.management.http.Route.Answer;
import io.millrace.management.http.Route.Body;
import io.millrace.management.http.Route.Parameter;
import io.millrace.store.ResourceStore;
import java.util.List;
import java.util.Optional;

/** The versions of models. */
final class ModelRoutes {
    private static final String VERSIONS = "/projects/{project}/models/{name}/versions";
    private static final String VERSION = VERSIONS + "/{version}";

    private final ResourceStore store;
    private final Upload upload;
    private final ModelVersions versions;
    private final ModelViews views;
    private final ManagementLimits limits;

    ModelRoutes(
            ManagementPorts ports,
            ModelVersions versions,
            ModelViews views,
            ManagementLimits limits) {
        this.store = ports.store();
        this.upload = new Upload(ports.blobs(), limits.blob());
        this.versions = versions;
        this.views = views;
        this.limits = limits;
    }

    List<Route> routes() {
        return List.of(
                new Route(
                        Method.POST,
                        VERSIONS,
                        "addModelVersion",
                        "Adds a version that the server fetches from an address to a model, which"
                                + " is created when absent, and waits until it is ready or"
                                + " rejected",
                        List.of(),
                        Body.manifest("NewVersion"),
                        Answer.json("ModelVersion"),
                        this::fetch),
                new Route(
                        Method.POST,
                        VERSION,
                        "uploadModelVersion",
                        "Adds a version to a model, which is created when absent, and waits until"
                                + " it is ready or rejected; takes an archive or a single file",
                        List.of(Parameter.query("framework", "string", "of a model that is new")),
                        new Body("binary", Upload.MEDIA_TYPES),
                        Answer.json("ModelVersion"),
                        this::upload),
                Route.get(
                        VERSION,
                        "getModelVersion",
                        "Says where a version stands, with signature, checks and origin",
                        Answer.json("ModelVersion"),
                        call -> call.ok(views.version(call.key(Kind.MODEL), number(call)))),
                new Route(
                        Method.DELETE,
                        VERSION,
                        "deleteModelVersion",
                        "Takes a version away that no alias, rule or pipeline names",
                        List.of(),
                        Body.NONE,
                        Answer.json(Kind.MODEL.label()),
                        this::delete));
    }

    private static int number(Call call) {
        return Call.integer("the version", call.path("version"), 1, Integer.MAX_VALUE);
    }

    private void fetch(Call call) {
        ResourceRoutes.requireProject(store.image(), call.project());
        ModelRequests.NewVersion wanted = ModelRequests.newVersion(call.text(limits.manifests()));
        ResourceKey model = call.key(Kind.MODEL);
        String uri = wanted.version().uri();
        Optional<String> framework =
                wanted.framework()
                        .or(() ->
                                store.image().find(model).isPresent()
                                        ? Optional.empty()
                                        : byName(uri));
        var request = new ModelVersions.Request(model, wanted.version().version(), framework);
        versions.check(request);
        answer(call, versions.add(request, uri));
    }

    /** What the name at the end of an address says, as that of an uploaded file does. */
    private static Optional<String> byName(String uri) {
        int query = uri.indexOf('?');
        String path = query < 0 ? uri : uri.substring(0, query);
        return ModelFile.ofName(path).map(ModelFile::framework);
    }

    private void upload(Call call) {
        ResourceRoutes.requireProject(store.image(), call.project());
        var request =
                new ModelVersions.Request(
                        call.key(Kind.MODEL), number(call), call.query("framework"));
        // Before the upload, which may take long, and once more when it is written.
        versions.check(request);
        Upload.Kept kept = upload.keepModel(call, framework(request));
        ModelVersions.Request complete =
                request.framework().isPresent()
                        ? request
                        : new ModelVersions.Request(
                                request.model(), request.version(), kept.framework());
        answer(call, versions.add(complete, ModelVersions.uri(kept.sha256())));
    }

    /** The framework as far as it is known before the content is. */
    private Optional<String> framework(ModelVersions.Request request) {
        return request.framework()
                .map(io.millrace.api.FrameworkName::canonical)
                .or(() ->
                        store.image()
                                .find(request.model(), ModelSpec.class)
                                .map(model -> model.spec().framework()));
    }

    private static void answer(Call call, ModelVersionStatus status) {
        if (status.state() == State.REJECTED) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    "version %d was rejected and is not kept: %s"
                            .formatted(status.version(), status.message()));
        }
        call.ok(ModelViews.version(status));
    }

    private void delete(Call call) {
        Resource<?> model = versions.delete(call.key(Kind.MODEL), number(call));
        call.response().header(HeaderNames.ETAG, Precondition.etag(model));
        Json.send(call.response(), Status.OK_200, Json.MEDIA_TYPE, ResourceWriter.json(model));
    }
}
