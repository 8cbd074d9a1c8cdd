package io.millrace.codec;

import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.Metadata;
import io.millrace.api.Names;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.Revision;
import io.millrace.api.Scope;
import io.millrace.api.Spec;
import io.millrace.api.Status;
import io.millrace.codec.Node.MapNode;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What stands around every spec: apiVersion, kind, metadata and status. */
final class Envelope {

    static final String API_VERSION = "millrace.io/v1";

    private static final List<String> KIND_LABELS =
            Arrays.stream(Kind.values()).map(Kind::label).toList();
    private static final Set<String> LATER_KINDS = Set.of("ServiceDomain", "User");

    private Envelope() {}

    /** Reads what a person wrote; what only the server writes is allowed and passed over. */
    static Optional<Manifest<?>> readManifest(Value document) {
        Fields fields = document.fields();
        Optional<Kind> kind = kind(fields);
        Fields metadata = fields.required("metadata").fields();
        for (String ofServer : List.of("uid", "generation", "revision", "createdAt")) {
            metadata.optional(ofServer);
        }
        fields.optional("status");
        if (kind.isEmpty()) {
            fields.optional("spec");
            fields.rejectUnknown();
            return Optional.empty();
        }
        Manifest<?> manifest = manifest(kind.get(), KindCodec.of(kind.get()), fields, metadata);
        metadata.rejectUnknown();
        fields.rejectUnknown();
        return Optional.of(manifest);
    }

    private static <S extends Spec> Manifest<S> manifest(
            Kind kind, KindCodec<S> codec, Fields fields, Fields metadata) {
        ResourceKey key = key(kind, metadata);
        String title = metadata.optional("title").looseText();
        Map<String, String> labels = metadata.optional("labels").textMap();
        return new Manifest<>(key, title, labels, codec.read(fields.required("spec").fields()));
    }

    /** Reads what a server answered. */
    static Optional<Resource<?>> readResource(Value document) {
        Fields fields = document.fields();
        Optional<Kind> kind = kind(fields);
        if (kind.isEmpty()) {
            return Optional.empty();
        }
        Fields metadata = fields.required("metadata").fields();
        Manifest<?> manifest = manifest(kind.get(), KindCodec.of(kind.get()), fields, metadata);
        var notes =
                new Metadata(
                        metadata.required("uid").text(),
                        manifest.title(),
                        manifest.labels(),
                        metadata.required("generation").count(),
                        new Revision(metadata.required("revision").count()),
                        StatusCodec.instant(metadata.required("createdAt")));
        Status status = StatusCodec.read(fields.optional("status"));
        return Optional.of(resource(manifest, notes, status));
    }

    private static <S extends Spec> Resource<S> resource(
            Manifest<S> manifest, Metadata metadata, Status status) {
        return new Resource<>(manifest.key(), metadata, manifest.spec(), status);
    }

    private static Optional<Kind> kind(Fields fields) {
        Value version = fields.required("apiVersion");
        Value kind = fields.required("kind");
        if (version.isPresent() && !version.text().equals(API_VERSION)) {
            version.problem(
                    "apiVersion '"
                            + DocumentParser.shorten(version.looseText())
                            + "' is not available in this version; expected "
                            + API_VERSION);
            return Optional.empty();
        }
        String label = kind.filledText();
        if (!kind.isPresent() || label.isBlank()) {
            return Optional.empty();
        }
        for (Kind known : Kind.values()) {
            if (known.label().equals(label)) {
                return Optional.of(known);
            }
        }
        String shown = "kind '" + DocumentParser.shorten(label) + "'";
        kind.problem(
                LATER_KINDS.contains(label)
                        ? shown + " is not available in this version"
                        : "unknown " + shown + Spelling.hint(label, KIND_LABELS));
        return Optional.empty();
    }

    private static ResourceKey key(Kind kind, Fields metadata) {
        Value project = metadata.optional("project");
        Scope scope = kind.isInProject() ? inProject(metadata) : new Scope.Install();
        if (!kind.isInProject() && project.isPresent()) {
            project.problem(kind.label() + " does not belong to a project; remove 'project'");
        }
        Value value = metadata.required("name");
        ResourceName name = value.name("name");
        if (kind == Kind.PROJECT) {
            Names.problem("name", name.value(), Names.MAX_PROJECT_LENGTH).ifPresent(value::problem);
        }
        return new ResourceKey(kind, scope, name);
    }

    private static Scope inProject(Fields metadata) {
        Value value = metadata.optional("project");
        if (!value.isPresent()) {
            Optional<ProjectId> otherwise = metadata.reading().defaultProject();
            if (otherwise.isEmpty()) {
                metadata.missing("project");
            }
            return new Scope.InProject(otherwise.orElse(ProjectId.DEFAULT));
        }
        String text = value.text();
        var problem = Names.problem("project", text, Names.MAX_PROJECT_LENGTH);
        problem.ifPresent(value::problem);
        return new Scope.InProject(problem.isPresent() ? ProjectId.DEFAULT : new ProjectId(text));
    }

    /** Writes what a person would write, with all defaults. */
    static MapNode write(Manifest<?> manifest) {
        return around(
                        manifest.key(),
                        notes(manifest.key(), manifest.title(), manifest.labels()).build(),
                        manifest.spec())
                .build();
    }

    /** Writes a resource with the server's notes and its status. */
    static MapNode write(Resource<?> resource) {
        Metadata metadata = resource.metadata();
        MapNode notes =
                notes(resource.key(), metadata.title(), metadata.labels())
                        .put("uid", metadata.uid())
                        .put("generation", metadata.generation())
                        .put("revision", metadata.revision().value())
                        .put("createdAt", metadata.createdAt().toString())
                        .build();
        return around(resource.key(), notes, resource.spec())
                .put("status", StatusCodec.write(resource.status()))
                .build();
    }

    private static Node.MapBuilder around(ResourceKey key, MapNode metadata, Spec spec) {
        return Node.map()
                .put("apiVersion", API_VERSION)
                .put("kind", key.kind().label())
                .put("metadata", metadata)
                .put("spec", KindCodec.of(key.kind()).writeAny(spec));
    }

    private static Node.MapBuilder notes(
            ResourceKey key, String title, Map<String, String> labels) {
        var map = Node.map();
        if (key.scope() instanceof Scope.InProject(ProjectId project)) {
            map.put("project", project.value());
        }
        map.put("name", key.name().value());
        if (!title.isEmpty()) {
            map.put("title", title);
        }
        if (!labels.isEmpty()) {
            map.put("labels", Trees.textMap(new LinkedHashMap<>(labels)));
        }
        return map;
    }
}
