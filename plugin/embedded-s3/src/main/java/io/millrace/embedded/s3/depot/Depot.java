package io.millrace.embedded.s3.depot;

import io.millrace.api.DataSize;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import io.millrace.embedded.s3.depot.ContentFiles.Written;
import io.millrace.embedded.s3.depot.ObjectIndex.Bucket;
import io.millrace.embedded.s3.depot.Refusal.Reason;
import io.millrace.embedded.s3.depot.Steps.Step;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Buckets and objects of all projects. Each change of an object is one transaction: the object, and
 * what is to be told of it. Any thread.
 */
public final class Depot implements AutoCloseable {

    /** Events that wait; beyond it, changes are refused rather than left untold. */
    public static final long MOST_WAITING = 200_000;

    private static final Logger LOG = LoggerFactory.getLogger(Depot.class);
    private static final String STORE_ID = "id";
    private static final String CLOSED = "closed";
    private static final int READ_TRIES = 10;

    private final Database database;
    private final ContentFiles files;
    private final NewsTable news;
    private final Uploads uploads;
    private final TimeSource time;
    private final IdSource ids;
    private final Steps steps;

    private Depot(
            Database database, ContentFiles files, TimeSource time, IdSource ids, Steps steps) {
        this.database = database;
        this.files = files;
        this.news = new NewsTable(database);
        this.uploads = new Uploads(database, files, time, ids);
        this.time = time;
        this.ids = ids;
        this.steps = steps;
    }

    /** A bucket as clients see it. */
    public record BucketInfo(String name, Instant made) {}

    /**
     * What a client stores.
     *
     * @param length of the content, which must be that; negative when it is not known
     * @param md5 that the content must have, in base64; null for any
     */
    public record Upload(
            String bucket,
            String key,
            InputStream content,
            long length,
            @Nullable String md5,
            Map<String, String> headers,
            Map<String, String> metadata,
            Conditions conditions) {}

    /**
     * A copy to make.
     *
     * @param replaced what the copy gets instead of what the source has; empty to take that along
     */
    public record Copy(
            String fromBucket,
            String fromKey,
            Conditions conditions,
            String bucket,
            String key,
            Optional<Replaced> replaced) {}

    /** Other headers and metadata for a copy. */
    public record Replaced(Map<String, String> headers, Map<String, String> metadata) {}

    /** An object with its content open at the beginning; who has it closes the channel. */
    public record Opened(StoredObject object, FileChannel content) {}

    /**
     * Opens the depot in a folder, which must exist and be its own.
     *
     * @param reserve room on the disk that is kept free
     */
    public static Depot open(
            Path folder, DataSize reserve, TimeSource time, IdSource ids, Steps steps) {
        Database database = Database.open(folder.resolve("index.db"));
        try {
            var files = ContentFiles.open(folder.resolve("content"), reserve.bytes(), ids);
            var depot = new Depot(database, files, time, ids, steps);
            depot.news.open();
            depot.uploads.expire();
            depot.begin();
            return depot;
        } catch (RuntimeException e) {
            database.close();
            throw e;
        }
    }

    private void begin() {
        boolean wasClosed =
                database.write(c -> {
                    if (ObjectIndex.property(c, STORE_ID).isEmpty()) {
                        ObjectIndex.setProperty(c, STORE_ID, ids.next());
                        ObjectIndex.setProperty(c, CLOSED, "true");
                    }
                    boolean closed = ObjectIndex.property(c, CLOSED).orElse("").equals("true");
                    ObjectIndex.setProperty(c, CLOSED, "false");
                    return closed;
                });
        if (!wasClosed) {
            // Beside everything else: with many objects it takes a while, and nothing waits for it.
            Thread.ofVirtual().name("object-store-sweep").start(this::sweep);
        }
    }

    /** Deletes the files that changes which a crash cut short have left. */
    void sweep() {
        try {
            int swept = files.sweep(file -> database.read(c -> ObjectIndex.isKnown(c, file)));
            if (swept > 0) {
                LOG.info(
                        "Deleted {} files of changes that were not completed when the server died",
                        swept);
            }
        } catch (RuntimeException e) {
            LOG.warn("Cannot look for files that a crash left in the object store", e);
        }
    }

    String storeId() {
        return database.read(c -> ObjectIndex.property(c, STORE_ID)).orElseThrow();
    }

    NewsTable news() {
        return news;
    }

    Steps steps() {
        return steps;
    }

    Database database() {
        return database;
    }

    /** Uploads in parts. */
    public Uploads uploads() {
        return uploads;
    }

    // Buckets

    /** The buckets of a project, by name. */
    public List<BucketInfo> buckets(ProjectId project) {
        return database.read(c -> ObjectIndex.buckets(c, project)).stream()
                .map(bucket -> new BucketInfo(bucket.name(), bucket.made()))
                .toList();
    }

    /** Whether a project has a bucket. */
    public boolean hasBucket(ProjectId project, String name) {
        return database.read(c -> ObjectIndex.findBucket(c, project, name)).isPresent();
    }

    /** Makes a bucket; false when the project has it already. */
    public boolean makeBucket(ProjectId project, String name) {
        NameForm.checkBucket(name);
        return database.write(c -> ObjectIndex.insertBucket(c, project, name, now()));
    }

    /** Deletes a bucket that holds neither objects nor uploads. */
    public void deleteBucket(ProjectId project, String name) {
        database.write(c -> {
            Bucket bucket = ObjectIndex.bucket(c, project, name);
            List<String> held =
                    ObjectIndex.texts(
                            c,
                            "select key from object where bucket = ? union all select key from upload where bucket = ? limit 1",
                            bucket.id(),
                            bucket.id());
            if (!held.isEmpty()) {
                throw new Refusal(
                        Reason.BUCKET_NOT_EMPTY,
                        "the bucket %s holds %s; delete its objects and abort its uploads before"
                                .formatted(NameForm.shown(name), NameForm.shown(held.getFirst())));
            }
            return ObjectIndex.update(c, "delete from bucket where id = ?", bucket.id());
        });
    }

    // Objects

    /** As the index keeps it, so that a restart changes no date. */
    private Instant now() {
        return Instant.ofEpochMilli(time.epochMillis());
    }

    /** What is known of an object. */
    public StoredObject head(ProjectId project, String bucket, String key) {
        return find(project, bucket, key)
                .orElseThrow(() ->
                        new Refusal(
                                Reason.NO_SUCH_KEY,
                                "the bucket %s has no object %s"
                                        .formatted(NameForm.shown(bucket), NameForm.shown(key))));
    }

    /** What is known of an object, if it is there. */
    public Optional<StoredObject> find(ProjectId project, String bucket, String key) {
        return database.read(c ->
                Optional.ofNullable(
                        ObjectIndex.find(c, ObjectIndex.bucket(c, project, bucket), key)));
    }

    /** Opens an object. */
    public Opened open(ProjectId project, String bucket, String key, Conditions conditions) {
        return onFile(
                project,
                bucket,
                key,
                object -> {
                    conditions.checkRead(object, Reason.NOT_MODIFIED);
                    FileChannel content = files.read(object.file());
                    return new Opened(object, content);
                });
    }

    /** A page of a bucket. */
    public Listing.Page list(ProjectId project, String bucket, Listing listing) {
        return database.read(c -> listing.page(c, ObjectIndex.bucket(c, project, bucket)));
    }

    /** Stores an object. Returns when it and its news are durable. */
    public StoredObject put(ProjectId project, Upload upload) {
        NameForm.checkKey(upload.key());
        NameForm.checkMetadata(upload.metadata());
        check(project, upload.bucket(), upload.key(), upload.conditions());
        checkBacklog();
        files.checkRoom(Math.max(upload.length(), 0));
        Written written = files.write(upload.content());
        try {
            checkContent(upload, written);
            steps.reached(Step.CONTENT_WRITTEN);
            var object =
                    new StoredObject(
                            upload.bucket(),
                            upload.key(),
                            written.size(),
                            written.hex(),
                            now(),
                            upload.headers(),
                            upload.metadata(),
                            written.file());
            commit(project, object, News.PUT, upload.conditions());
            return object;
        } catch (RuntimeException e) {
            files.abandon(written.file());
            throw e;
        }
    }

    /** Early, so that a large upload need not be taken to be refused; the transaction says it. */
    private void check(ProjectId project, String bucket, String key, Conditions conditions) {
        database.read(c -> {
            Bucket found = ObjectIndex.bucket(c, project, bucket);
            conditions.checkWrite(key, ObjectIndex.find(c, found, key));
            return found;
        });
    }

    private static void checkContent(Upload upload, Written written) {
        if (upload.length() >= 0 && upload.length() != written.size()) {
            throw new Refusal(
                    Reason.INCOMPLETE_BODY,
                    "the request announces %d bytes, %d came"
                            .formatted(upload.length(), written.size()));
        }
        if (upload.md5() != null
                && !upload.md5().equals(Base64.getEncoder().encodeToString(written.md5()))) {
            throw new Refusal(
                    Reason.BAD_DIGEST, "the content does not have the MD5 that the request gives");
        }
    }

    void checkBacklog() {
        if (news.waiting() >= MOST_WAITING) {
            throw new Refusal(
                    Reason.SLOW_DOWN,
                    "%d events wait to be taken into the log; try again later"
                            .formatted(news.waiting()));
        }
    }

    /** The object and its news, at once. */
    private void commit(
            ProjectId project, StoredObject object, String event, Conditions conditions) {
        Optional<String> replaced =
                database.write(c -> {
                    Bucket bucket = ObjectIndex.bucket(c, project, object.bucket());
                    return replace(c, project, bucket, object, event, conditions);
                });
        committed(project, object.file(), replaced);
    }

    /** Returns the file of what was there. */
    Optional<String> replace(
            Connection c,
            ProjectId project,
            Bucket bucket,
            StoredObject object,
            String event,
            Conditions conditions)
            throws SQLException {
        StoredObject there = ObjectIndex.find(c, bucket, object.key());
        conditions.checkWrite(object.key(), there);
        ObjectIndex.put(c, bucket, object);
        news.add(c, project, object, event, object.modified());
        return Optional.ofNullable(there).map(StoredObject::file);
    }

    void committed(ProjectId project, String file, Optional<String> replaced) {
        files.settle(file);
        steps.reached(Step.COMMITTED);
        replaced.ifPresent(files::abandon);
        news.committed(project);
    }

    /** Copies an object within a project, without copying its content where the disk can. */
    public StoredObject copy(ProjectId project, Copy copy) {
        NameForm.checkKey(copy.key());
        check(project, copy.bucket(), copy.key(), Conditions.NONE);
        checkBacklog();
        files.checkRoom(0);
        StoredObject object =
                onFile(
                        project,
                        copy.fromBucket(),
                        copy.fromKey(),
                        from -> {
                            copy.conditions().checkRead(from, Reason.PRECONDITION_FAILED);
                            return new StoredObject(
                                    copy.bucket(),
                                    copy.key(),
                                    from.size(),
                                    from.etag(),
                                    now(),
                                    copy.replaced().map(Replaced::headers).orElse(from.headers()),
                                    copy.replaced().map(Replaced::metadata).orElse(from.metadata()),
                                    files.copy(from.file()));
                        });
        try {
            NameForm.checkMetadata(object.metadata());
            steps.reached(Step.CONTENT_WRITTEN);
            commit(project, object, News.COPY, Conditions.NONE);
            return object;
        } catch (RuntimeException e) {
            files.abandon(object.file());
            throw e;
        }
    }

    /** Deletes an object if it is there and a check lets it. Returns whether it was there. */
    public boolean delete(
            ProjectId project, String bucket, String key, Function<StoredObject, Boolean> check) {
        checkBacklog();
        Optional<StoredObject> gone =
                database.write(c -> {
                    Bucket found = ObjectIndex.bucket(c, project, bucket);
                    StoredObject there = ObjectIndex.find(c, found, key);
                    if (there == null || !check.apply(there)) {
                        return Optional.empty();
                    }
                    ObjectIndex.delete(c, found, key);
                    news.add(c, project, there, News.DELETED, now());
                    return Optional.of(there);
                });
        if (gone.isEmpty()) {
            return false;
        }
        steps.reached(Step.COMMITTED);
        files.abandon(gone.get().file());
        news.committed(project);
        return true;
    }

    /** Something done with an object's file, which may be replaced just then. */
    @FunctionalInterface
    private interface FileWork<T> {
        T run(StoredObject object) throws NoSuchFileException;
    }

    private <T> T onFile(ProjectId project, String bucket, String key, FileWork<T> work) {
        NoSuchFileException last = null;
        for (int i = 0; i < READ_TRIES; i++) {
            StoredObject object = head(project, bucket, key);
            try {
                return work.run(object);
            } catch (NoSuchFileException e) {
                last = e; // replaced or deleted between the two: look again
            }
        }
        throw MillraceException.internal(
                "the content of the object %s in bucket %s is gone from the disk; store it again"
                        .formatted(NameForm.shown(key), NameForm.shown(bucket)),
                last);
    }

    // Projects

    /**
     * Forgets all projects but these, with all that they have: the next one of the same name must
     * not find it.
     */
    public void retain(Collection<ProjectId> projects) {
        List<String> names =
                database.read(c ->
                        ObjectIndex.texts(
                                c,
                                "select project from bucket union select project from credential union select project from news"));
        for (String name : names) {
            var project = new ProjectId(name);
            if (!projects.contains(project)) {
                forget(project);
            }
        }
    }

    /** Whether any bucket of a project holds an object. */
    public boolean holdsObjects(ProjectId project) {
        return !database.read(c ->
                        ObjectIndex.texts(
                                c,
                                "select key from object where bucket in (select id from bucket where project = ?) limit 1",
                                project.value()))
                .isEmpty();
    }

    /** Forgets a project that is gone. */
    public void forget(ProjectId project) {
        List<String> unused =
                database.write(c -> {
                    String buckets = "(select id from bucket where project = ?)";
                    String ofUploads = "(select id from upload where bucket in " + buckets + ")";
                    List<String> held =
                            ObjectIndex.texts(
                                    c,
                                    "select file from object where bucket in "
                                            + buckets
                                            + " union all select file from part where upload in "
                                            + ofUploads,
                                    project.value(),
                                    project.value());
                    for (String sql :
                            List.of(
                                    "delete from part where upload in " + ofUploads,
                                    "delete from upload where bucket in " + buckets,
                                    "delete from object where bucket in " + buckets,
                                    "delete from bucket where project = ?",
                                    "delete from credential where project = ?")) {
                        ObjectIndex.update(c, sql, project.value());
                    }
                    news.forgetAll(c, project);
                    return held;
                });
        unused.forEach(files::abandon);
    }

    @Override
    public void close() {
        try {
            database.write(c -> {
                ObjectIndex.setProperty(c, CLOSED, "true");
                return true;
            });
        } finally {
            database.close();
        }
    }

    /** Ends as a crash would: nothing is noted. */
    void crash() {
        database.close();
    }
}
