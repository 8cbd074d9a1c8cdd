package io.millrace.embedded.s3.depot;

import io.millrace.api.ProjectId;
import io.millrace.embedded.s3.depot.Refusal.Reason;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The statements over buckets and objects; who calls brings the transaction. */
final class ObjectIndex {

    private static final String OBJECT =
            "select key, size, etag, modified, headers, metadata, file from object where bucket = ?";

    private ObjectIndex() {}

    /** A bucket by its number. */
    record Bucket(long id, String name, Instant made) {}

    static Optional<Bucket> findBucket(Connection c, ProjectId project, String name)
            throws SQLException {
        try (PreparedStatement s =
                c.prepareStatement("select id, made from bucket where project = ? and name = ?")) {
            s.setString(1, project.value());
            s.setString(2, name);
            try (ResultSet found = s.executeQuery()) {
                return found.next()
                        ? Optional.of(new Bucket(found.getLong(1), name, instant(found, 2)))
                        : Optional.empty();
            }
        }
    }

    static Bucket bucket(Connection c, ProjectId project, String name) throws SQLException {
        return findBucket(c, project, name)
                .orElseThrow(() ->
                        new Refusal(
                                Reason.NO_SUCH_BUCKET,
                                "project %s has no bucket %s"
                                        .formatted(project, NameForm.shown(name))));
    }

    static List<Bucket> buckets(Connection c, ProjectId project) throws SQLException {
        try (PreparedStatement s =
                c.prepareStatement(
                        "select id, name, made from bucket where project = ? order by name")) {
            s.setString(1, project.value());
            var buckets = new ArrayList<Bucket>();
            try (ResultSet found = s.executeQuery()) {
                while (found.next()) {
                    buckets.add(
                            new Bucket(found.getLong(1), found.getString(2), instant(found, 3)));
                }
            }
            return buckets;
        }
    }

    static boolean insertBucket(Connection c, ProjectId project, String name, Instant now)
            throws SQLException {
        return update(
                        c,
                        "insert or ignore into bucket (project, name, made) values (?, ?, ?)",
                        project.value(),
                        name,
                        now.toEpochMilli())
                > 0;
    }

    static @Nullable StoredObject find(Connection c, Bucket bucket, String key)
            throws SQLException {
        try (PreparedStatement s = c.prepareStatement(OBJECT + " and key = ?")) {
            s.setLong(1, bucket.id());
            s.setString(2, key);
            try (ResultSet found = s.executeQuery()) {
                return found.next() ? object(bucket.name(), found) : null;
            }
        }
    }

    /** Objects from a key on, in the order of the bytes of their keys. */
    static List<StoredObject> range(
            Connection c, Bucket bucket, String from, boolean isInclusive, int most)
            throws SQLException {
        String sql = OBJECT + " and key " + (isInclusive ? ">=" : ">") + " ? order by key limit ?";
        try (PreparedStatement s = c.prepareStatement(sql)) {
            s.setLong(1, bucket.id());
            s.setString(2, from);
            s.setInt(3, most);
            var objects = new ArrayList<StoredObject>();
            try (ResultSet found = s.executeQuery()) {
                while (found.next()) {
                    objects.add(object(bucket.name(), found));
                }
            }
            return objects;
        }
    }

    private static StoredObject object(String bucket, ResultSet found) throws SQLException {
        return new StoredObject(
                bucket,
                found.getString(1),
                found.getLong(2),
                found.getString(3),
                instant(found, 4),
                Pairs.read(found.getString(5)),
                Pairs.read(found.getString(6)),
                found.getString(7));
    }

    static void put(Connection c, Bucket bucket, StoredObject object) throws SQLException {
        update(
                c,
                "insert or replace into object (bucket, key, size, etag, modified, headers, metadata, file) values (?, ?, ?, ?, ?, ?, ?, ?)",
                bucket.id(),
                object.key(),
                object.size(),
                object.etag(),
                object.modified().toEpochMilli(),
                Pairs.write(object.headers()),
                Pairs.write(object.metadata()),
                object.file());
    }

    static void delete(Connection c, Bucket bucket, String key) throws SQLException {
        update(c, "delete from object where bucket = ? and key = ?", bucket.id(), key);
    }

    static boolean isKnown(Connection c, String file) throws SQLException {
        try (PreparedStatement s =
                c.prepareStatement(
                        "select 1 from object where file = ? union all select 1 from part where file = ?")) {
            s.setString(1, file);
            s.setString(2, file);
            try (ResultSet found = s.executeQuery()) {
                return found.next();
            }
        }
    }

    static Optional<String> property(Connection c, String name) throws SQLException {
        try (PreparedStatement s = c.prepareStatement("select value from store where name = ?")) {
            s.setString(1, name);
            try (ResultSet found = s.executeQuery()) {
                return found.next() ? Optional.of(found.getString(1)) : Optional.empty();
            }
        }
    }

    static void setProperty(Connection c, String name, String value) throws SQLException {
        update(c, "insert or replace into store (name, value) values (?, ?)", name, value);
    }

    static Instant instant(ResultSet found, int column) throws SQLException {
        return Instant.ofEpochMilli(found.getLong(column));
    }

    /** Runs a statement with its parameters; returns how many rows it changed. */
    static int update(Connection c, String sql, @Nullable Object... parameters)
            throws SQLException {
        try (PreparedStatement s = c.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                s.setObject(i + 1, parameters[i]);
            }
            return s.executeUpdate();
        }
    }

    /** Files of a query's first column. */
    static List<String> texts(Connection c, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement s = c.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                s.setObject(i + 1, parameters[i]);
            }
            var texts = new ArrayList<String>();
            try (ResultSet found = s.executeQuery()) {
                while (found.next()) {
                    texts.add(found.getString(1));
                }
            }
            return texts;
        }
    }
}
