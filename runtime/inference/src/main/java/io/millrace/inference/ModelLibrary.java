package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.spi.BlobStore;
import io.millrace.spi.ModelConverter;
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
 *   FOLDER/&lt;sha256&gt;/converted.&lt;converter version&gt;/   the same again for what became of it
 *   FOLDER/staging/…                           being made; emptied at the next start
 *   FOLDER/notes/…                             see {@link ModelNotes}
 * </pre>
 */
final class ModelLibrary {

    private static final String CONTENT = "content";
    private static final String NOTES = "notes";

    private final Path folder;
    private final Path staging;
    private final ArchiveUnpacker unpacker;
    private final BlobStore blobs;
    private final IdSource ids;
    private final ModelNotes notes;

    ModelLibrary(Path folder, ArchiveLimits limits, BlobStore blobs, IdSource ids) {
        this.folder = folder;
        this.staging = folder.resolve("staging");
        this.unpacker = new ArchiveUnpacker(limits);
        this.blobs = blobs;
        this.ids = ids;
        this.notes = new ModelNotes(folder.resolve(NOTES), staging, ids);
    }

    /**
     * A model on disk.
     *
     * @param home where what belongs to it is kept
     * @param files the model itself
     */
    record Content(Path home, Path files) {
        private static Content in(Path home) {
            return new Content(home, home.resolve(CONTENT));
        }

        private boolean isComplete() {
            return Files.isDirectory(files);
        }
    }

    /** What has to outlive a restart. */
    ModelNotes notes() {
        return notes;
    }

    /** Removes what an interrupted run left half done. Call it once, before anything else. */
    void sweep() {
        Folders.deleteQuietly(staging);
    }

    /** A path for something being made, on the same disk; whoever asks removes it. */
    Path stage() {
        return staging.resolve(ids.next());
    }

    /** Whether the content of a hash is unpacked. */
    boolean isUnpacked(String sha256) {
        return Content.in(folder.resolve(sha256)).isComplete();
    }

    /** The unpacked content of a hash; unpacks it when that has not happened yet. */
    Content unpacked(String sha256) {
        var content = Content.in(folder.resolve(sha256));
        if (content.isComplete()) {
            return content;
        }
        Path staged = stage();
        try {
            unpacker.unpack(blobs.open(sha256), staged);
            complete(content, staged, "unpack");
        } finally {
            Folders.deleteQuietly(staged);
        }
        return content;
    }

    /** What a converter makes of a model; converts it when that has not happened yet. */
    Content converted(Content original, ModelConverter converter) {
        var content =
                Content.in(original.home().resolve("converted." + fileName(converter.version())));
        if (content.isComplete()) {
            return content;
        }
        Path staged = stage();
        try {
            Files.createDirectories(staged);
            converter.convert(original.files(), staged);
            complete(content, staged, "keep what was converted from");
        } catch (IOException e) {
            throw MillraceException.internal("cannot convert the model: " + e.getMessage(), e);
        } finally {
            Folders.deleteQuietly(staged);
        }
        return content;
    }

    private static void complete(Content content, Path staged, String what) {
        try {
            Files.createDirectories(content.home());
            Files.move(staged, content.files(), StandardCopyOption.ATOMIC_MOVE);
            Folders.sync(content.home());
        } catch (IOException e) {
            if (!content.isComplete()) {
                throw MillraceException.internal(
                        "cannot " + what + " the model: " + e.getMessage(), e);
            }
            // Another version with the same content was faster.
        }
    }

    /** How many bytes the unpacked model takes. */
    long size(Content content) {
        try {
            return Folders.size(content.files());
        } catch (IOException e) {
            throw MillraceException.internal("cannot read the unpacked model", e);
        }
    }

    /** The verdict of an earlier probe by the same version of the engine. */
    Optional<ProbeVerdict> verdict(Content content, ModelEngine engine) {
        Path file = verdictFile(content, engine);
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
    void keep(Content content, ModelEngine engine, ProbeVerdict verdict) {
        if (verdict instanceof ProbeVerdict.Rejected(String _, boolean isFinal) && !isFinal) {
            return;
        }
        Path staged = stage();
        try {
            Files.createDirectories(staging);
            Files.writeString(staged, ProbeVerdict.write(verdict));
            Files.move(staged, verdictFile(content, engine), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw MillraceException.internal("cannot keep the probe's verdict", e);
        } finally {
            Folders.deleteQuietly(staged);
        }
    }

    private static Path verdictFile(Content content, ModelEngine engine) {
        return content.home().resolve("verdict." + fileName(engine.version()));
    }

    private static String fileName(String version) {
        return version.replaceAll("[^A-Za-z0-9._+-]", "_");
    }
}
