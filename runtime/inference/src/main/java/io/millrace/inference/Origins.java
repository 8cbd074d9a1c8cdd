package io.millrace.inference;

import io.millrace.api.BucketConnection;
import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.spi.ArtifactAddress;
import io.millrace.spi.ArtifactSource;
import io.millrace.spi.BlobStore;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the content of versions comes from. What an address gives is fetched once, kept as a blob,
 * and stays that version for ever, whatever the address gives later.
 */
final class Origins {

    private static final Pattern BLOB_URI = Pattern.compile("blob:sha256:([0-9a-f]{64})");

    /** Headers of the archive around the files. */
    private static final long ARCHIVE_BYTES = 64L << 20;

    private final List<ArtifactSource> sources;
    private final ModelNotes notes;
    private final BlobStore blobs;
    private final ModelLibrary library;
    private final DataSize limit;

    Origins(
            List<ArtifactSource> sources,
            ModelNotes notes,
            BlobStore blobs,
            ModelLibrary library,
            DataSize limit) {
        this.sources = List.copyOf(sources);
        this.notes = notes;
        this.blobs = blobs;
        this.library = library;
        this.limit = limit;
    }

    /** The hash of a version's content when it is known without fetching anything. */
    Optional<String> known(ResourceKey model, int version, String uri) {
        Matcher blob = BLOB_URI.matcher(uri);
        Optional<String> sha256 =
                blob.matches() ? Optional.of(blob.group(1)) : notes.fetched(model, version, uri);
        return sha256.filter(
                hash -> blob.matches() || blobs.contains(hash) || library.isUnpacked(hash));
    }

    /** Whether the content is here, so that a version whose content was missing has a chance. */
    boolean isHere(String uri) {
        Matcher blob = BLOB_URI.matcher(uri);
        return blob.matches() && blobs.contains(blob.group(1));
    }

    /**
     * Fetches the content and keeps it.
     *
     * @throws MillraceException {@code CONFLICT} when the content was fetched before, is lost, and
     *     the address gives another one now
     */
    String fetch(ResourceKey model, int version, String uri, Optional<BucketConnection> store) {
        URI parsed = address(uri);
        ArtifactSource source = source(uri, parsed);
        var address = new ArtifactAddress(parsed, model.project(), store);
        source.check(address);
        Path staged = library.stage();
        try {
            Path folder = Files.createDirectories(staged.resolve("files"));
            source.fetch(address, folder, limit);
            Path archive = FolderArchive.single(folder).orElseGet(() -> packed(folder, staged));
            String sha256 = keep(archive);
            notes.fetched(model, version, uri)
                    .filter(before -> !before.equals(sha256))
                    .ifPresent(before -> {
                        throw changed(uri, version);
                    });
            notes.keepFetched(model, version, uri, sha256);
            return sha256;
        } catch (IOException e) {
            throw MillraceException.internal("cannot keep the fetched model", e);
        } finally {
            Folders.deleteQuietly(staged);
        }
    }

    private static Path packed(Path folder, Path staged) {
        Path archive = staged.resolve("packed.zip");
        FolderArchive.pack(folder, archive);
        return archive;
    }

    private String keep(Path archive) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(archive))) {
            return blobs.put(in, limit.bytes() + ARCHIVE_BYTES);
        }
    }

    private static MillraceException changed(String uri, int version) {
        return new MillraceException(
                ErrorCode.CONFLICT,
                "the content at '"
                        + withoutQuery(uri)
                        + "' is not the one that version "
                        + version
                        + " was made of, which is lost; a version never changes: declare this"
                        + " content as a new version");
    }

    /** Behind the question mark there may be a key, and texts of errors go into the log. */
    static String withoutQuery(String uri) {
        int query = uri.indexOf('?');
        return query < 0 ? uri : uri.substring(0, query);
    }

    private static URI address(String uri) {
        try {
            URI address = new URI(uri);
            if (address.getScheme() != null) {
                return address;
            }
        } catch (URISyntaxException e) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    "'" + withoutQuery(uri) + "' is no address: " + e.getReason());
        }
        throw MillraceException.invalid(
                "'" + withoutQuery(uri) + "' is no address: it has no scheme, such as https:");
    }

    private ArtifactSource source(String uri, URI address) {
        String scheme = address.getScheme().toLowerCase(Locale.ROOT);
        var known = new TreeSet<String>();
        for (ArtifactSource source : sources) {
            if (source.schemes().contains(scheme)) {
                return source;
            }
            known.addAll(source.schemes());
        }
        throw MillraceException.invalid(
                "the address '"
                        + withoutQuery(uri)
                        + "' cannot be read by the server, which reads "
                        + (known.isEmpty() ? "no addresses" : known)
                        + "; upload the archive, which gives blob:sha256:…");
    }
}
