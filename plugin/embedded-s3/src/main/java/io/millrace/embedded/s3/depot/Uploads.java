package io.millrace.embedded.s3.depot;

import io.millrace.api.IdSource;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import io.millrace.embedded.s3.depot.ContentFiles.Written;
import io.millrace.embedded.s3.depot.ObjectIndex.Bucket;
import io.millrace.embedded.s3.depot.Refusal.Reason;
import io.millrace.embedded.s3.depot.Steps.Step;
import java.io.InputStream;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Uploads in parts: nothing of them is an object before they are completed. */
public final class Uploads {

    /** Uploads that nobody completes are gone with the first start after this. */
    private static final Duration LONGEST = Duration.ofDays(7);

    private final Database database;
    private final ContentFiles files;
    private final TimeSource time;
    private final IdSource ids;

    Uploads(Database database, ContentFiles files, TimeSource time, IdSource ids) {
        this.database = database;
        this.files = files;
        this.time = time;
        this.ids = ids;
    }

    /** An upload that was begun. */
    public record Pending(String id, String key, Instant begun) {}

    /** A part that was stored. */
    public record Part(int number, long size, String etag, Instant modified) {}

    private record Begun(
            Bucket bucket, String key, Map<String, String> headers, Map<String, String> metadata) {}

    private record PartFile(Part part, String file) {}

    /** Begins one. */
    public String begin(
            ProjectId project,
            String bucket,
            String key,
            Map<String, String> headers,
            Map<String, String> metadata) {
        NameForm.checkKey(key);
        NameForm.checkMetadata(metadata);
        String id = ids.next();
        database.write(c ->
                ObjectIndex.update(
                        c,
                        "insert into upload (id, bucket, key, headers, metadata, made) values (?, ?, ?, ?, ?, ?)",
                        id,
                        ObjectIndex.bucket(c, project, bucket).id(),
                        key,
                        Pairs.write(headers),
                        Pairs.write(metadata),
                        time.epochMillis()));
        return id;
    }

    /** Uploads of a bucket that were begun and neither completed nor aborted. */
    public List<Pending> pending(ProjectId project, String bucket) {
        return database.read(c -> {
            long id = ObjectIndex.bucket(c, project, bucket).id();
            try (PreparedStatement s =
                    c.prepareStatement(
                            "select id, key, made from upload where bucket = ? order by key, id")) {
                s.setLong(1, id);
                var pending = new ArrayList<Pending>();
                try (ResultSet found = s.executeQuery()) {
                    while (found.next()) {
                        pending.add(
                                new Pending(
                                        found.getString(1),
                                        found.getString(2),
                                        ObjectIndex.instant(found, 3)));
                    }
                }
                return pending;
            }
        });
    }

    /** Stores a part; one of the same number is replaced. */
    public Part put(
            ProjectId project,
            String bucket,
            String key,
            String upload,
            int number,
            InputStream content,
            long length,
            @Nullable String md5) {
        database.read(c -> find(c, project, bucket, key, upload));
        files.checkRoom(Math.max(length, 0));
        Written written = files.write(content);
        try {
            if (length >= 0 && length != written.size()) {
                throw new Refusal(
                        Reason.INCOMPLETE_BODY,
                        "the request announces %d bytes, %d came"
                                .formatted(length, written.size()));
            }
            if (md5 != null && !md5.equals(Base64.getEncoder().encodeToString(written.md5()))) {
                throw new Refusal(
                        Reason.BAD_DIGEST, "the part does not have the MD5 that the request gives");
            }
            var part =
                    new Part(
                            number,
                            written.size(),
                            written.hex(),
                            Instant.ofEpochMilli(time.epochMillis()));
            Optional<String> replaced =
                    database.write(
                            c -> store(c, project, bucket, key, upload, part, written.file()));
            files.settle(written.file());
            replaced.ifPresent(files::abandon);
            return part;
        } catch (RuntimeException e) {
            files.abandon(written.file());
            throw e;
        }
    }

    private static Optional<String> store(
            Connection c,
            ProjectId project,
            String bucket,
            String key,
            String upload,
            Part part,
            String file)
            throws SQLException {
        find(c, project, bucket, key, upload);
        List<String> there =
                ObjectIndex.texts(
                        c,
                        "select file from part where upload = ? and number = ?",
                        upload,
                        part.number());
        ObjectIndex.update(
                c,
                "insert or replace into part (upload, number, size, etag, modified, file) values (?, ?, ?, ?, ?, ?)",
                upload,
                part.number(),
                part.size(),
                part.etag(),
                part.modified().toEpochMilli(),
                file);
        return there.stream().findFirst();
    }

    /** The parts that were stored, by number. */
    public List<Part> parts(ProjectId project, String bucket, String key, String upload) {
        return database
                .read(c -> {
                    find(c, project, bucket, key, upload);
                    return files(c, upload);
                })
                .stream()
                .map(PartFile::part)
                .toList();
    }

    /** Gives one up. */
    public void abort(ProjectId project, String bucket, String key, String upload) {
        List<PartFile> parts =
                database.write(c -> {
                    find(c, project, bucket, key, upload);
                    return remove(c, upload);
                });
        parts.forEach(part -> files.abandon(part.file()));
    }

    /**
     * Makes the object of its parts. Returns when it and its news are durable.
     *
     * @param wanted number and ETag of each part
     */
    public StoredObject complete(
            Depot depot,
            ProjectId project,
            String bucket,
            String key,
            String upload,
            Map<Integer, String> wanted,
            Conditions conditions) {
        depot.checkBacklog();
        Begun begun = database.read(c -> find(c, project, bucket, key, upload));
        List<PartFile> parts = chosen(database.read(c -> files(c, upload)), wanted);
        files.checkRoom(parts.stream().mapToLong(part -> part.part().size()).sum());
        Written joined = files.join(parts.stream().map(PartFile::file).toList());
        try {
            depot.steps().reached(Step.CONTENT_WRITTEN);
            var object =
                    new StoredObject(
                            bucket,
                            key,
                            joined.size(),
                            etag(parts),
                            Instant.ofEpochMilli(time.epochMillis()),
                            begun.headers(),
                            begun.metadata(),
                            joined.file());
            var done = new ArrayList<PartFile>();
            Optional<String> replaced =
                    database.write(c -> {
                        find(c, project, bucket, key, upload);
                        done.clear();
                        done.addAll(remove(c, upload));
                        return depot.replace(
                                c, project, begun.bucket(), object, News.COMPLETED, conditions);
                    });
            depot.committed(project, object.file(), replaced);
            done.forEach(part -> files.abandon(part.file()));
            return object;
        } catch (RuntimeException e) {
            files.abandon(joined.file());
            throw e;
        }
    }

    private static List<PartFile> chosen(List<PartFile> there, Map<Integer, String> wanted) {
        var byNumber = new TreeMap<Integer, PartFile>();
        there.forEach(part -> byNumber.put(part.part().number(), part));
        var chosen = new ArrayList<PartFile>();
        new TreeMap<>(wanted)
                .forEach((number, etag) -> {
                    PartFile part = byNumber.get(number);
                    if (part == null || !part.part().etag().equals(Conditions.bare(etag))) {
                        throw new Refusal(
                                Reason.INVALID_PART,
                                "part %d was not stored, or is another one".formatted(number));
                    }
                    chosen.add(part);
                });
        return chosen;
    }

    /** As S3 makes it: the MD5 of the MD5s, and how many there are. */
    private static String etag(List<PartFile> parts) {
        MessageDigest md5 = ContentFiles.md5();
        parts.forEach(part -> md5.update(HexFormat.of().parseHex(part.part().etag())));
        return HexFormat.of().formatHex(md5.digest()) + "-" + parts.size();
    }

    private static Begun find(
            Connection c, ProjectId project, String bucket, String key, String upload)
            throws SQLException {
        Bucket found = ObjectIndex.bucket(c, project, bucket);
        try (PreparedStatement s =
                c.prepareStatement(
                        "select headers, metadata from upload where id = ? and bucket = ? and key = ?")) {
            s.setString(1, upload);
            s.setLong(2, found.id());
            s.setString(3, key);
            try (ResultSet row = s.executeQuery()) {
                if (!row.next()) {
                    throw new Refusal(
                            Reason.NO_SUCH_UPLOAD,
                            "there is no such upload; it was completed, aborted or never begun");
                }
                return new Begun(
                        found, key, Pairs.read(row.getString(1)), Pairs.read(row.getString(2)));
            }
        }
    }

    private static List<PartFile> files(Connection c, String upload) throws SQLException {
        try (PreparedStatement s =
                c.prepareStatement(
                        "select number, size, etag, modified, file from part where upload = ? order by number")) {
            s.setString(1, upload);
            var parts = new ArrayList<PartFile>();
            try (ResultSet found = s.executeQuery()) {
                while (found.next()) {
                    parts.add(
                            new PartFile(
                                    new Part(
                                            found.getInt(1),
                                            found.getLong(2),
                                            found.getString(3),
                                            ObjectIndex.instant(found, 4)),
                                    found.getString(5)));
                }
            }
            return parts;
        }
    }

    private static List<PartFile> remove(Connection c, String upload) throws SQLException {
        List<PartFile> parts = files(c, upload);
        ObjectIndex.update(c, "delete from part where upload = ?", upload);
        ObjectIndex.update(c, "delete from upload where id = ?", upload);
        return parts;
    }

    /** Gives up those that were begun long ago. */
    void expire() {
        long before = time.now().minus(LONGEST).toEpochMilli();
        List<PartFile> parts =
                database.write(c -> {
                    var old = new ArrayList<PartFile>();
                    for (String upload :
                            ObjectIndex.texts(c, "select id from upload where made < ?", before)) {
                        old.addAll(remove(c, upload));
                    }
                    return old;
                });
        parts.forEach(part -> files.abandon(part.file()));
    }
}
