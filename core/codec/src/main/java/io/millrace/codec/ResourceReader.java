package io.millrace.codec;

import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Spec;
import io.millrace.api.Status;
import io.millrace.codec.DocumentParser.Document;
import io.millrace.codec.Reading.Origin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads resources from YAML (one or several documents) or JSON. Everything that is wrong in a text
 * is told at once, each problem with its place, in {@link ResourceProblems}; nothing else is
 * thrown, whatever the text.
 *
 * <p>Immutable; any thread may use it.
 */
public final class ResourceReader {

    private static final LocalFiles NO_FILES =
            path -> {
                throw MillraceException.internal("no files are at hand to read " + path, null);
            };

    private final Origin origin;
    private final Optional<ProjectId> defaultProject;
    private final LocalFiles files;

    private ResourceReader(Origin origin, Optional<ProjectId> defaultProject, LocalFiles files) {
        this.origin = origin;
        this.defaultProject = defaultProject;
        this.files = files;
    }

    /**
     * A reader for a server: the source of a function must be in the text, and a model's archive in
     * the server's own store or where the server can fetch it.
     *
     * @param defaultProject the project of documents that name none
     */
    public static ResourceReader forServer(ProjectId defaultProject) {
        return new ResourceReader(Origin.RECEIVED, Optional.of(defaultProject), NO_FILES);
    }

    /**
     * A reader for a client: the source files of functions are read and put into the specs; model
     * archives may be named by {@code file:}, and the caller uploads them.
     *
     * @param defaultProject the project of documents that name none
     * @param files gives the files that the text names
     */
    public static ResourceReader forClient(ProjectId defaultProject, LocalFiles files) {
        return new ResourceReader(Origin.LOCAL, Optional.of(defaultProject), files);
    }

    /**
     * Reads what a user wrote.
     *
     * @param source what the text is called in messages, such as its file; may be empty
     * @return at least one, keys unique, in the order of the text
     * @throws ResourceProblems when anything is wrong
     */
    public List<Manifest<?>> read(String source, String text) {
        var problems = new Problems(source);
        List<Document> documents = DocumentParser.parse(text, problems);
        if (documents.isEmpty() && problems.isEmpty()) {
            problems.add(new Position(1, 1), "", "there is no resource in it");
        }
        var manifests = new ArrayList<Manifest<?>>();
        var lines = new HashMap<ResourceKey, Integer>();
        for (Document document : documents) {
            problems.enter(document.number());
            int before = problems.count();
            Value root = new Value(document.root(), "", reading(problems));
            Envelope.readManifest(root)
                    .filter(_ -> problems.count() == before)
                    .ifPresent(manifest -> {
                        manifests.add(manifest);
                        Integer earlier = lines.putIfAbsent(manifest.key(), root.position().line());
                        if (earlier != null) {
                            root.problem(
                                    manifest.key().label()
                                            + " is declared twice, first in line "
                                            + earlier);
                        }
                    });
        }
        problems.throwIfAny();
        return List.copyOf(manifests);
    }

    /**
     * Reads one resource as the management API gives it, with metadata and status. What a newer
     * server added is passed over.
     *
     * @throws ResourceProblems when it is none
     */
    public static Resource<?> readResource(String json) {
        var reader = new ResourceReader(Origin.ANSWERED, Optional.empty(), NO_FILES);
        return reader.one("", json, Envelope::readResource);
    }

    /**
     * Reads a spec that {@link ResourceWriter#specJson} wrote.
     *
     * @param source what the text is called in messages
     * @throws ResourceProblems when it cannot be read
     */
    public static Spec readSpec(Kind kind, String source, String json) {
        var reader = new ResourceReader(Origin.STORED, Optional.empty(), NO_FILES);
        return reader.one(
                source, json, value -> Optional.of(KindCodec.of(kind).read(value.fields())));
    }

    /**
     * Reads a status that {@link ResourceWriter#statusJson} wrote.
     *
     * @param source what the text is called in messages
     * @throws ResourceProblems when it cannot be read
     */
    public static Status readStatus(String source, String json) {
        var reader = new ResourceReader(Origin.STORED, Optional.empty(), NO_FILES);
        return reader.one(source, json, value -> Optional.of(StatusCodec.read(value)));
    }

    /**
     * Reads labels that {@link ResourceWriter#labelsJson} wrote.
     *
     * @param source what the text is called in messages
     * @throws ResourceProblems when they cannot be read
     */
    public static Map<String, String> readLabels(String source, String json) {
        var reader = new ResourceReader(Origin.STORED, Optional.empty(), NO_FILES);
        return reader.one(source, json, value -> Optional.of(value.textMap()));
    }

    /** Reads the one thing that a text is. */
    <T> T one(String source, String text, java.util.function.Function<Value, Optional<T>> read) {
        var problems = new Problems(source);
        List<Document> documents = DocumentParser.parse(text, problems);
        if (documents.size() != 1) {
            problems.add(new Position(1, 1), "", "expected one document, got " + documents.size());
        }
        problems.throwIfAny();
        problems.enter(documents.getFirst().number());
        Optional<T> result =
                read.apply(new Value(documents.getFirst().root(), "", reading(problems)));
        problems.throwIfAny();
        return result.orElseThrow(
                () -> MillraceException.internal("nothing was read and nothing was wrong", null));
    }

    private Reading reading(Problems problems) {
        return new Reading(problems, origin, defaultProject, files);
    }
}
