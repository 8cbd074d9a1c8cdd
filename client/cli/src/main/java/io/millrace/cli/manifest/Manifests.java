package io.millrace.cli.manifest;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.client.ApiException;
import io.millrace.client.Applied;
import io.millrace.client.MillraceClient;
import io.millrace.client.Problem;
import io.millrace.codec.kserve.KServeResources.SecretValues;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/**
 * Applies resources through a client. Each document is sent as one line, so that what the server
 * finds wrong leads back to the document, and by its pointer to the place in the user's file.
 */
public final class Manifests {

    private final MillraceClient client;
    private final ProjectId project;
    private final ApplyListener listener;

    /**
     * Applies with a client.
     *
     * @param project of resources that name none
     */
    public Manifests(MillraceClient client, ProjectId project, ApplyListener listener) {
        this.client = client;
        this.project = project;
        this.listener = listener;
    }

    /** What applying would change about resources; secrets are not compared. */
    public List<Applied> preview(ManifestSet set) {
        return preview(set.documents());
    }

    /** What applying would change. */
    public List<Applied> preview(List<ManifestDocument> documents) {
        try (var references = new LocalReferences(project)) {
            return send(references.resolve(documents), true);
        }
    }

    /**
     * Applies all of them, or none when anything is wrong. Files are uploaded after everything was
     * found right and before the resources that refer to them.
     */
    public List<Applied> apply(List<ManifestDocument> documents) {
        return apply(ManifestSet.of(documents));
    }

    /** The same; secrets are set before the resources that name them. */
    public List<Applied> apply(ManifestSet set) {
        try (var references = new LocalReferences(project)) {
            List<ManifestDocument> resolved = references.resolve(set.documents());
            if (references.blobs().isEmpty() && set.secrets().isEmpty()) {
                return send(resolved, false);
            }
            List<Applied> planned = resolved.isEmpty() ? List.of() : send(resolved, true);
            for (SecretValues secret : set.secrets()) {
                withProjects(
                        resolved,
                        () ->
                                client.secrets()
                                        .put(secret.project(), secret.name(), secret.values()));
            }
            upload(references.blobs(), resolved);
            return resolved.isEmpty() ? List.of() : asPlanned(planned, send(resolved, false));
        }
    }

    /**
     * A project that had to be there before the upload was created then, not left unchanged now.
     */
    private static List<Applied> asPlanned(List<Applied> planned, List<Applied> done) {
        var told = new ArrayList<Applied>(done.size());
        for (int i = 0; i < done.size(); i++) {
            told.add(done.get(i).isUnchanged() ? planned.get(i) : done.get(i));
        }
        return told;
    }

    private void upload(List<BlobFile> blobs, List<ManifestDocument> documents) {
        for (BlobFile blob : blobs) {
            withProjects(documents, () -> upload(blob));
        }
    }

    /** A project must exist before anything can be put into it. */
    private void withProjects(List<ManifestDocument> documents, Runnable put) {
        try {
            put.run();
        } catch (ApiException e) {
            List<ManifestDocument> projects = projectsOf(documents);
            if (e.code() != ErrorCode.NOT_FOUND || projects.isEmpty()) {
                throw e;
            }
            send(projects, false);
            put.run();
        }
    }

    private void upload(BlobFile blob) {
        if (!client.hasBlob(blob.project(), blob.sha256())) {
            client.uploadBlob(
                    blob.project(),
                    blob.file(),
                    (sent, total) -> listener.onUpload(blob.name(), sent, total));
        }
    }

    private static List<ManifestDocument> projectsOf(List<ManifestDocument> documents) {
        return documents.stream()
                .filter(document -> document.kind().orElse(null) == Kind.PROJECT)
                .toList();
    }

    private List<Applied> send(List<ManifestDocument> documents, boolean dryRun) {
        var text = new StringBuilder();
        for (ManifestDocument document : documents) {
            text.append("---\n").append(oneLine(document)).append('\n');
        }
        try {
            return client.apply(project, text.toString(), dryRun);
        } catch (ApiException e) {
            if (e.problems().isEmpty()) {
                throw e;
            }
            throw new ManifestProblems(inFiles(e.problems(), documents));
        }
    }

    /** JSON is YAML as long as every character is one that YAML allows as it is. */
    static String oneLine(ManifestDocument document) {
        String json = JsonMapper.shared().writeValueAsString(document.tree());
        var text = new StringBuilder(json.length());
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            boolean ascii = c >= 0x20 && c < 0x7f;
            boolean other = c >= 0xa0 && c <= 0xfffd && "\u2028\u2029\ufeff".indexOf(c) < 0;
            if (ascii || other) {
                text.append(c);
            } else {
                text.append(String.format("\\u%04x", (int) c));
            }
        }
        return text.toString();
    }

    private static List<Problem> inFiles(List<Problem> problems, List<ManifestDocument> documents) {
        var located = new ArrayList<Problem>();
        for (Problem problem : problems) {
            located.add(
                    documentOf(problem, documents)
                            .map(d -> d.problemAt(problem.pointer(), problem.message()))
                            .orElse(problem));
        }
        return located;
    }

    /** By its line, of which each document has two; else by the resource that it names. */
    private static Optional<ManifestDocument> documentOf(
            Problem problem, List<ManifestDocument> documents) {
        int index = (problem.line() - 2) / 2;
        if (problem.line() > 0 && index < documents.size()) {
            return Optional.of(documents.get(index));
        }
        return documents.stream()
                .filter(document -> document.label().equals(problem.source()))
                .findFirst();
    }
}
