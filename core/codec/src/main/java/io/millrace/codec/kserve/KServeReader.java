package io.millrace.codec.kserve;

import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.ProjectId;
import io.millrace.api.ProjectSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.Scope;
import io.millrace.codec.ForeignDocuments;
import io.millrace.codec.ForeignDocuments.Document;
import io.millrace.codec.Value;
import io.millrace.codec.kserve.Head.Projects;
import io.millrace.codec.kserve.KServeResources.SecretValues;
import io.millrace.codec.kserve.KServeResources.Targets;
import io.millrace.codec.kserve.KServeResources.Translated;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Translates {@code InferenceService}, {@code InferenceGraph}, {@code KafkaSource}, {@code Secret},
 * {@code ServiceAccount} and {@code Namespace} into our kinds. What cannot be had is refused or
 * warned about by name; nothing is passed over in silence.
 */
public final class KServeReader {

    private final Surroundings surroundings;
    private final Projects projects;

    /**
     * A reader.
     *
     * @param surroundings what must be known beside a text
     * @param project that wins over all namespaces; empty for none
     * @param otherwise the project of documents without a namespace
     */
    public KServeReader(
            Surroundings surroundings, Optional<ProjectId> project, ProjectId otherwise) {
        this.surroundings = surroundings;
        this.projects = new Projects(project, otherwise);
    }

    /** Whether documents of a kind are translated here. */
    public static boolean recognises(String apiVersion, String kind) {
        return ForeignKind.find(apiVersion, kind).isPresent();
    }

    /**
     * What deleting the resources of a text means.
     *
     * @throws io.millrace.codec.ResourceProblems when anything is wrong with their heads
     */
    public Targets targets(String source, String text) {
        return ForeignDocuments.read(source, text, this::targets);
    }

    /**
     * Translates a text.
     *
     * @param source what it is called in messages; may be empty
     * @throws io.millrace.codec.ResourceProblems when anything is wrong
     */
    public KServeResources read(String source, String text) {
        return ForeignDocuments.read(source, text, this::translate);
    }

    /** A document with its kind and head. */
    private record Opened(
            ForeignKind kind, String apiVersion, Value root, Head head, Notes notes) {}

    private KServeResources translate(List<Document> documents) {
        List<Opened> opened = open(documents);
        var accounts = new Accounts();
        for (Opened document : opened) {
            switch (document.kind()) {
                case SECRET ->
                        AccountReader.readSecret(
                                document.root(), document.head(), accounts, document.notes());
                case SERVICE_ACCOUNT ->
                        AccountReader.readAccount(
                                document.root(), document.head(), accounts, document.notes());
                case INFERENCE_SERVICE, INFERENCE_GRAPH, KAFKA_SOURCE, NAMESPACE -> {}
            }
        }
        var translated = new ArrayList<Translated>();
        for (Opened document : opened) {
            translated.addAll(translate(document, accounts));
        }
        return new KServeResources(
                translated,
                accounts.values(),
                opened.stream().flatMap(o -> o.notes().warnings().stream()).toList());
    }

    private List<Opened> open(List<Document> documents) {
        var opened = new ArrayList<Opened>();
        var lines = new LinkedHashMap<String, Integer>();
        for (Document document : documents) {
            Value root = document.root();
            String apiVersion = root.fields().required("apiVersion").looseText();
            Value kind = root.fields().required("kind");
            Optional<ForeignKind> known = ForeignKind.find(apiVersion, kind.looseText());
            if (known.isEmpty()) {
                kind.problem(
                        "%s %s is not available in this version"
                                .formatted(
                                        ForeignDocuments.shown(apiVersion),
                                        ForeignDocuments.shown(kind.looseText())));
                continue;
            }
            var notes = new Notes(document.number());
            Head head = Head.read(root, projects, notes);
            String key = known.get().label() + "/" + head.project() + "/" + head.name();
            Integer earlier = lines.putIfAbsent(key, document.number());
            if (earlier != null) {
                root.problem("%s/%s is declared twice".formatted(known.get().label(), head.name()));
            }
            opened.add(new Opened(known.get(), apiVersion, root, head, notes));
        }
        return opened;
    }

    private List<Translated> translate(Opened document, Accounts accounts) {
        Head head = document.head();
        Notes notes = document.notes();
        return switch (document.kind()) {
            case INFERENCE_SERVICE ->
                    new ServiceReader(head, accounts, surroundings, notes)
                            .read(
                                    document.root(),
                                    document.apiVersion().equals(ForeignKind.FORM_OF_2019));
            case INFERENCE_GRAPH -> List.of(GraphReader.read(document.root(), head, notes));
            case KAFKA_SOURCE ->
                    new KafkaSourceReader(head, surroundings, notes)
                            .read(
                                    document.root(),
                                    document.apiVersion().equals(ForeignKind.KAFKA_SOURCE_2019));
            case NAMESPACE -> namespace(document);
            case SECRET, SERVICE_ACCOUNT -> List.of();
        };
    }

    /** One that is there may say more than a namespace can: it is left alone. */
    private List<Translated> namespace(Opened document) {
        ResourceName name = document.head().name();
        if (projects.chosen().isPresent() || surroundings.hasProject(new ProjectId(name.value()))) {
            return List.of();
        }
        return List.of(
                new Translated(
                        new Manifest<>(
                                new ResourceKey(Kind.PROJECT, new Scope.Install(), name),
                                "",
                                document.head().labels(),
                                new ProjectSpec("", List.of(), List.of())),
                        document.notes().document(),
                        Map.of("", "")));
    }

    private Targets targets(List<Document> documents) {
        var keys = new ArrayList<ResourceKey>();
        var secrets = new ArrayList<SecretValues>();
        var kept = new ArrayList<String>();
        for (Opened document : open(documents)) {
            Head head = document.head();
            switch (document.kind()) {
                case INFERENCE_SERVICE -> {
                    keys.add(key(Kind.MODEL, head));
                    if (hasTransformer(document)) {
                        keys.add(
                                new ResourceKey(
                                        Kind.FUNCTION,
                                        new Scope.InProject(head.project()),
                                        TransformerReader.functionOf(head.name())));
                    }
                }
                case INFERENCE_GRAPH -> keys.add(key(Kind.INFERENCE_GRAPH, head));
                case KAFKA_SOURCE -> {
                    keys.add(key(Kind.PIPELINE, head));
                    keys.add(key(Kind.DATA_SOURCE, head));
                }
                case SECRET -> secrets.add(new SecretValues(head.project(), head.name(), Map.of()));
                case SERVICE_ACCOUNT, NAMESPACE ->
                        kept.add(document.kind().label() + "/" + head.name());
            }
        }
        return new Targets(keys, secrets, kept);
    }

    private static ResourceKey key(Kind kind, Head head) {
        return new ResourceKey(kind, new Scope.InProject(head.project()), head.name());
    }

    private static boolean hasTransformer(Opened document) {
        Value spec = document.root().map().get("spec");
        if (spec == null) {
            return false;
        }
        Value main = spec.map().get("default");
        return spec.map().containsKey("transformer")
                || (main != null && main.map().containsKey("transformer"));
    }
}
