package io.millrace.cli.manifest;

import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.client.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Replaces what only this machine has: a function's file becomes its text, a model's file becomes
 * the address of its content. Also drops what only the server writes, so that the output of {@code
 * get -o yaml} can be applied again.
 */
final class LocalReferences implements AutoCloseable {

    private static final long MAX_SOURCE_BYTES = 1 << 20;
    private static final List<String> SERVER_METADATA =
            List.of("uid", "generation", "revision", "createdAt");

    private static final String FILE = "file:";
    private static final List<String> ADDRESSES = List.of("uri", "storageUri");

    private final ProjectId defaultProject;
    private final List<ModelArchive> archives = new ArrayList<>();
    private final List<BlobFile> blobs = new ArrayList<>();
    private final List<Problem> problems = new ArrayList<>();

    LocalReferences(ProjectId defaultProject) {
        this.defaultProject = defaultProject;
    }

    /** The same documents with nothing local in them. */
    List<ManifestDocument> resolve(List<ManifestDocument> documents) {
        List<ManifestDocument> resolved = documents.stream().map(this::resolve).toList();
        if (!problems.isEmpty()) {
            throw new ManifestProblems(problems);
        }
        return resolved;
    }

    /** The files that the resolved documents refer to by content. */
    List<BlobFile> blobs() {
        return List.copyOf(blobs);
    }

    private ManifestDocument resolve(ManifestDocument document) {
        ObjectNode tree = document.tree().deepCopy();
        tree.remove("status");
        if (tree.get("metadata") instanceof ObjectNode metadata) {
            metadata.remove(SERVER_METADATA);
        }
        var copy =
                new ManifestDocument(document.source(), document.folder(), tree, document.places());
        Kind kind = document.kind().orElse(null);
        if (kind == Kind.FUNCTION) {
            inlineSource(copy);
        } else if (kind == Kind.MODEL) {
            addressVersions(copy);
        }
        return copy;
    }

    private void inlineSource(ManifestDocument document) {
        if (!(document.tree().path("spec").path("source") instanceof ObjectNode source)
                || source.has("inline")
                || !source.path("file").isString()) {
            return; // the server says what is wrong
        }
        String name = source.path("file").asString();
        try {
            source.put("inline", text(document.folder().resolve(name)));
        } catch (IOException e) {
            problem(document, "/spec/source/file", name, ManifestFiles.reason(e));
        } catch (MillraceException e) {
            problem(document, "/spec/source/file", name, e.text());
        }
    }

    static String text(Path file) throws IOException {
        requireFile(file);
        if (Files.size(file) > MAX_SOURCE_BYTES) {
            throw MillraceException.invalid(
                    "has " + Files.size(file) + " bytes, allowed are " + MAX_SOURCE_BYTES);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MillraceException(io.millrace.api.ErrorCode.INVALID, "is not UTF-8 text", e);
        }
    }

    private void addressVersions(ManifestDocument document) {
        int index = 0;
        for (JsonNode version : document.tree().path("spec").path("versions")) {
            String place = "/spec/versions/" + index++ + "/";
            for (String field : ADDRESSES) {
                String uri = version.path(field).asString("");
                if (version instanceof ObjectNode object && uri.startsWith(FILE)) {
                    address(document, object, place, field, uri.substring(FILE.length()));
                }
            }
        }
    }

    private void address(
            ManifestDocument document,
            ObjectNode version,
            String place,
            String field,
            String name) {
        try {
            ModelArchive archive = ModelArchive.of(document.folder().resolve(path(name)));
            archives.add(archive);
            var blob =
                    new BlobFile(
                            document.project(defaultProject),
                            name,
                            archive.file(),
                            sha256(archive.file()));
            blobs.add(blob);
            version.put(field, blob.uri());
        } catch (IOException e) {
            problem(document, place + field, name, ManifestFiles.reason(e));
        } catch (MillraceException e) {
            problem(document, place + field, name, e.text());
        }
    }

    /** Of {@code file:///a/b} what {@code file:/a/b} means, too. */
    private static String path(String name) {
        return name.startsWith("///") ? name.substring(2) : name;
    }

    /** Deletes what was packed for the upload. */
    @Override
    public void close() {
        archives.forEach(ModelArchive::close);
    }

    private static void requireFile(Path file) {
        if (Files.isDirectory(file)) {
            throw MillraceException.invalid("is a folder");
        }
    }

    static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw MillraceException.internal("this Java has no SHA-256", e);
        }
    }

    private void problem(ManifestDocument document, String pointer, String name, String reason) {
        String message = "the file '" + name + "' cannot be used: " + reason;
        problems.add(document.problemAt(pointer, message));
    }
}
