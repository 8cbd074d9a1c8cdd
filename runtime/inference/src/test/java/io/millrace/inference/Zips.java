package io.millrace.inference;

import io.millrace.api.MillraceException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.zip.Zip64Mode;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;

/** Archives, good and evil, written entry by entry. */
final class Zips {

    private record Entry(String name, byte[] content, int unixMode) {}

    private static final long FIXED_TIME = 1_000_000_000_000L;

    private final List<Entry> entries = new ArrayList<>();

    private Zip64Mode zip64 = Zip64Mode.AsNeeded;
    private int commentBytes;

    static Zips zip() {
        return new Zips();
    }

    /** The archive of a fake model with these lines. */
    static InputStream fakeModel(String properties) {
        return new ByteArrayInputStream(zip().with("model.fake", properties).bytes());
    }

    Zips with(String name, String content) {
        return with(name, content.getBytes(StandardCharsets.UTF_8), 0);
    }

    /** Writes as archives of more than 4 GiB are written. */
    Zips asZip64() {
        zip64 = Zip64Mode.Always;
        return this;
    }

    /** Gives each entry a comment of this many bytes. */
    Zips commented(int bytes) {
        commentBytes = bytes;
        return this;
    }

    Zips with(String name, byte[] content, int unixMode) {
        entries.add(new Entry(name, content, unixMode));
        return this;
    }

    byte[] bytes() {
        var out = new ByteArrayOutputStream();
        try (var zip = new ZipArchiveOutputStream(out)) {
            zip.setUseZip64(zip64);
            for (Entry entry : entries) {
                var header = new ZipArchiveEntry(entry.name());
                header.setTime(FIXED_TIME); // the same content has the same hash
                if (entry.unixMode() != 0) {
                    header.setUnixMode(entry.unixMode());
                }
                if (commentBytes > 0) {
                    header.setComment("c".repeat(commentBytes));
                }
                zip.putArchiveEntry(header);
                zip.write(entry.content());
                zip.closeArchiveEntry();
            }
        } catch (IOException e) {
            throw MillraceException.internal("cannot write the zip", e);
        }
        return out.toByteArray();
    }
}
