package io.millrace.cli.manifest;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.Scope;
import io.millrace.client.MillraceClient;
import io.millrace.codec.ResourceReader;
import io.millrace.codec.kserve.Surroundings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a translation must know: the server, and the files beside the documents. */
final class ServerSurroundings implements Surroundings, AutoCloseable {

    private static final Set<String> HERE = Set.of("localhost", "127.0.0.1", "[::1]");

    private final MillraceClient client;
    private final List<ManifestDocument> documents;
    private final List<ModelArchive> archives = new ArrayList<>();

    ServerSurroundings(MillraceClient client, List<ManifestDocument> documents) {
        this.client = client;
        this.documents = List.copyOf(documents);
    }

    @Override
    public Optional<ModelSpec> model(ProjectId project, ResourceName name) {
        var key = new ResourceKey(Kind.MODEL, new Scope.InProject(project), name);
        return client.find(key)
                .map(found -> ResourceReader.readResource(found.json().toString()).spec())
                .map(ModelSpec.class::cast);
    }

    @Override
    public boolean hasProject(ProjectId project) {
        return client.find(ResourceKey.ofProject(project)).isPresent();
    }

    @Override
    public String readText(int document, String path) {
        try {
            return LocalReferences.text(file(document, path));
        } catch (IOException e) {
            throw new MillraceException(ErrorCode.INVALID, ManifestFiles.reason(e), e);
        }
    }

    @Override
    public String contentAddress(int document, String path) {
        try {
            ModelArchive archive = ModelArchive.of(file(document, path));
            archives.add(archive);
            return BlobFile.uri(LocalReferences.sha256(archive.file()));
        } catch (IOException e) {
            throw new MillraceException(ErrorCode.INVALID, ManifestFiles.reason(e), e);
        }
    }

    private Path file(int document, String path) {
        return documents.get(document - 1).folder().resolve(path);
    }

    @Override
    public boolean isOwnLog(String hostAndPort) {
        int colon = hostAndPort.lastIndexOf(':');
        String host = colon < 0 ? hostAndPort : hostAndPort.substring(0, colon);
        Integer port = client.info().ports().get("kafka");
        return port != null
                && hostAndPort.substring(colon + 1).equals(port.toString())
                && (HERE.contains(host) || host.equals(client.server().getHost()));
    }

    /** Deletes what was packed to know its content's address. */
    @Override
    public void close() {
        archives.forEach(ModelArchive::close);
    }
}
