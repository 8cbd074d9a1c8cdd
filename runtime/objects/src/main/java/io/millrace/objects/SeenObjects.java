package io.millrace.objects;

import io.millrace.api.MillraceException;
import io.millrace.spi.ObjectStore.ObjectInfo;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The objects that a look at a bucket has seen, as hashes of their keys and of what they were like.
 * Sixteen bytes each.
 */
final class SeenObjects {

    private static final Logger logger = LoggerFactory.getLogger(SeenObjects.class);
    private static final int MAGIC = 0x6d726f31;

    private final Map<Long, Long> objects = new HashMap<>();

    int size() {
        return objects.size();
    }

    boolean has(ObjectInfo object) {
        Long state = objects.get(hash(object.key()));
        return state != null && state == state(object);
    }

    void add(ObjectInfo object) {
        objects.put(hash(object.key()), state(object));
    }

    private static long state(ObjectInfo object) {
        return hash(object.etag() + "\n" + object.size() + "\n" + object.modified());
    }

    private static long hash(String text) {
        try {
            return ByteBuffer.wrap(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)))
                    .getLong();
        } catch (NoSuchAlgorithmException e) {
            throw MillraceException.internal("this JDK has no SHA-256", e);
        }
    }

    /** What a file holds; nothing when there is none, or it was not written to its end. */
    static SeenObjects read(Path file) {
        var seen = new SeenObjects();
        if (!Files.exists(file)) {
            return seen;
        }
        try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            if (in.readInt() != MAGIC) {
                throw new EOFException("it begins with something else");
            }
            for (int i = in.readInt(); i > 0; i--) {
                seen.objects.put(in.readLong(), in.readLong());
            }
        } catch (EOFException e) {
            logger.warn("{} is broken, so all objects are taken as new: {}", file, e.getMessage());
            return new SeenObjects();
        } catch (IOException e) {
            throw MillraceException.internal("cannot read " + file, e);
        }
        return seen;
    }

    /** Writes it; a crash leaves the old file or the new one. */
    void write(Path file) {
        Path folder = Objects.requireNonNull(file.getParent());
        Path fresh = folder.resolve(file.getFileName() + ".new");
        try {
            Files.createDirectories(folder);
            try (var out =
                    new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(fresh)))) {
                out.writeInt(MAGIC);
                out.writeInt(objects.size());
                for (Map.Entry<Long, Long> entry : objects.entrySet()) {
                    out.writeLong(entry.getKey());
                    out.writeLong(entry.getValue());
                }
            }
            Files.move(
                    fresh,
                    file,
                    StandardCopyOption.REPLACE_EXISTING,
                    StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw MillraceException.internal("cannot keep which objects were seen, in " + file, e);
        }
    }

    static void deleteAll(Path folder) {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (var files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            logger.warn("cannot delete {}: {}", folder, e.getMessage());
        }
    }
}
