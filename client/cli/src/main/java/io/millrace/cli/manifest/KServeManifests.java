package io.millrace.cli.manifest;

import io.millrace.api.ProjectId;
import io.millrace.client.MillraceClient;
import io.millrace.client.Problem;
import io.millrace.codec.ResourceProblems;
import io.millrace.codec.ResourceWriter;
import io.millrace.codec.kserve.KServeReader;
import io.millrace.codec.kserve.KServeResources;
import io.millrace.codec.kserve.KServeResources.Targets;
import io.millrace.codec.kserve.KServeResources.Translated;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Takes resource files of KServe among ours. All of them are translated together, for a service
 * finds its credentials in other documents, and with a look at the server, for what changes about a
 * model depends on what it is.
 */
public final class KServeManifests {

    private final MillraceClient client;
    private final Optional<ProjectId> chosen;
    private final ProjectId otherwise;

    /**
     * A translator.
     *
     * @param client asked only when there is something to translate
     * @param chosen the project that wins over namespaces; empty for none
     * @param otherwise the project of documents without a namespace
     */
    public KServeManifests(MillraceClient client, Optional<ProjectId> chosen, ProjectId otherwise) {
        this.client = client;
        this.chosen = chosen;
        this.otherwise = otherwise;
    }

    /**
     * The same in our resources.
     *
     * @throws ManifestProblems with everything that is wrong
     */
    public ManifestSet translate(List<ManifestDocument> documents) {
        List<ManifestDocument> own = documents.stream().filter(d -> !isForeign(d)).toList();
        List<ManifestDocument> foreign = documents.stream().filter(this::isForeign).toList();
        if (foreign.isEmpty()) {
            return ManifestSet.of(own);
        }
        KServeResources resources = read(foreign, KServeReader::read);
        var translated = new ArrayList<ManifestDocument>();
        for (Translated one : resources.manifests()) {
            translated.add(document(one, foreign.get(one.document() - 1)));
        }
        List<Problem> warnings =
                resources.warnings().stream()
                        .map(warning ->
                                foreign.get(warning.document() - 1)
                                        .problemAt(warning.pointer(), warning.message()))
                        .toList();
        return new ManifestSet(translated, resources.secrets(), warnings).after(own);
    }

    /**
     * What deleting them means.
     *
     * @throws ManifestProblems with everything that is wrong
     */
    public Targets targets(List<ManifestDocument> documents) {
        List<ManifestDocument> foreign = documents.stream().filter(this::isForeign).toList();
        return foreign.isEmpty()
                ? new Targets(List.of(), List.of(), List.of())
                : read(foreign, KServeReader::targets);
    }

    /** Whether a document is translated, rather than sent as it is. */
    public boolean isForeign(ManifestDocument document) {
        return KServeReader.recognises(
                document.tree().path("apiVersion").asString(""),
                document.tree().path("kind").asString(""));
    }

    private <T> T read(List<ManifestDocument> documents, Reading<T> reading) {
        var text = new StringBuilder();
        documents.forEach(d -> text.append("---\n").append(Manifests.oneLine(d)).append('\n'));
        try (var surroundings = new ServerSurroundings(client, documents)) {
            return reading.read(
                    new KServeReader(surroundings, chosen, otherwise), "", text.toString());
        } catch (ResourceProblems e) {
            throw new ManifestProblems(
                    e.problems().stream()
                            .map(problem ->
                                    documents
                                            .get(problem.document() - 1)
                                            .problemAt(problem.pointer(), problem.message()))
                            .toList());
        }
    }

    /** One of the readings of {@link KServeReader}. */
    @FunctionalInterface
    private interface Reading<T> {
        T read(KServeReader reader, String source, String text);
    }

    private static ManifestDocument document(Translated one, ManifestDocument from) {
        ObjectNode tree =
                (ObjectNode) JsonMapper.shared().readTree(ResourceWriter.json(one.manifest()));
        var places = new HashMap<String, Place>();
        places.put("", from.placeOf(""));
        one.origins().forEach((ours, theirs) -> places.put(ours, from.placeOf(theirs)));
        return new ManifestDocument(from.source(), from.folder(), tree, Map.copyOf(places));
    }
}
