package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.spi.BlobStore;
import io.millrace.spi.ModelEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * Models unpacked on disk, one folder per content hash, each with the verdict of its probe:
 *
 * <pre>
 *   FOLDER/&lt;sha256&gt;/content/…                 unpacked, complete once it has this name
 *   FOLDER/&lt;sha256&gt;/verdict.&lt;engine version&gt;  what the probe said
 *   FOLDER/staging/…                           being made; emptied at the next start
 * </pre>
 */
final class ModelLibrary {

    private static final String CONTENT = "content";

    private final Path folder;
    private final Path staging;
    private final ArchiveUnpacker unpacker;
    private final BlobStore blobs;
    private final IdSource ids;

    ModelLibrary(Path folder, ArchiveLimits limits, BlobStore blobs, IdSource ids) {
        this.folder = folder;
        this.staging = folder.resolve("staging");
        this.unpacker = new ArchiveUnpacker(limits);
        this.blobs = blobs;
        this.ids = ids;
    }

    /** Removes what an interrupted run left half done. Call it once, before anything else. */
    void sweep() {
        Folders.deleteQuietly(staging);
    }

    /** The unpacked content of a hash; unpacks it when that has not happened yet. */
    Path unpacked(String sha256) {
        Path home = folder.resolve(sha256);
        Path content = home.resolve(CONTENT);
        if (Files.isDirectory(content)) {
            return content;
        }
        Path staged = staging.resolve(ids.next());
        try {
            unpacker.unpack(blobs.open(sha256), staged);
            Files.createDirectories(home);
            Files.move(staged, content, StandardCopyOption.ATOMIC_MOVE);
            Folders.sync(home);
        } catch (IOException e) {
            if (!Files.isDirectory(content)) {
                throw MillraceException.internal("cannot unpack the model: " + e.getMessage(), e);
            }
            // Another version with the same content was faster.
        } finally {
            Folders.deleteQuietly(staged);
        }
        return content;
    }

    /** How many bytes the unpacked model takes. */
    long size(Path content) {
        try {
            return Folders.size(content);
        } catch (IOException e) {
            throw MillraceException.internal("cannot read the unpacked model", e);
        }
    }

    /** The verdict of an earlier probe by the same version of the engine. */
    Optional<ProbeVerdict> verdict(String sha256, ModelEngine engine) {
        Path file = verdictFile(sha256, engine);
        try {
            return Files.exists(file)
                    ? Optional.of(ProbeVerdict.read(Files.readString(file)))
                    : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty(); // it is only a cache: probing again is right
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.INVALID) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Keeps a verdict, unless another try might end better. */
    void keep(String sha256, ModelEngine engine, ProbeVerdict verdict) {
        if (verdict instanceof ProbeVerdict.Rejected(String _, boolean isFinal) && !isFinal) {
            return;
        }
        Path staged = staging.resolve(ids.next());
        try {
            Files.createDirectories(staging);
            Files.writeString(staged, ProbeVerdict.write(verdict));
            Files.move(staged, verdictFile(sha256, engine), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw MillraceException.internal("cannot keep the probe's verdict", e);
        } finally {
            Folders.deleteQuietly(staged);
        }
    }

    private Path verdictFile(String sha256, ModelEngine engine) {
        return folder.resolve(sha256).resolve("verdict." + engine.version());
    }
}
