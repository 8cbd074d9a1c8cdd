package io.millrace.store;

import com.zaxxer.hikari.HikariDataSource;
import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.Metadata;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.Revision;
import io.millrace.api.Scope;
import io.millrace.api.Spec;
import io.millrace.api.Status;
import io.millrace.codec.ResourceProblems;
import io.millrace.codec.ResourceReader;
import io.millrace.codec.ResourceWriter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps changes in a SQL database: what each resource is now, and the newest changes for watchers
 * that come back after a restart. Each change is one transaction.
 *
 * <p>Plain JDBC on purpose: the statements are few, and loading Jdbi's classes cost more at every
 * start (some 200 ms of processor time) than all the rest of opening a store.
 */
final class SqlJournal implements Journal {

    private static final Logger LOG = LoggerFactory.getLogger(SqlJournal.class);

    private static final String PUT_RESOURCE =
            "INSERT INTO resource (kind, project, name, uid, generation, revision, title, labels,"
                    + " created_at, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                    + " ON CONFLICT (kind, project, name) DO UPDATE SET uid = excluded.uid,"
                    + " generation = excluded.generation, revision = excluded.revision,"
                    + " title = excluded.title, labels = excluded.labels,"
                    + " created_at = excluded.created_at, status = excluded.status";
    private static final String PUT_CHANGE =
            "INSERT INTO change (kind, project, name, uid, generation, seen, title, labels,"
                    + " created_at, status, revision, deleted)"
                    + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    private static final String PUT_SPEC =
            "INSERT INTO spec (uid, generation, body) VALUES (?, ?, ?)";
    private static final String DELETE_RESOURCE =
            "DELETE FROM resource WHERE kind = ? AND project = ? AND name = ?";
    private static final String TRIM_SPECS =
            "DELETE FROM spec WHERE (uid, generation) IN"
                    + " (SELECT c.uid, c.generation FROM change c WHERE c.revision <= ?)"
                    + " AND NOT EXISTS (SELECT 1 FROM change c WHERE c.uid = spec.uid"
                    + " AND c.generation = spec.generation AND c.revision > ?)"
                    + " AND NOT EXISTS (SELECT 1 FROM resource r WHERE r.uid = spec.uid"
                    + " AND r.generation = spec.generation)";
    private static final String TRIM_CHANGES = "DELETE FROM change WHERE revision <= ?";
    private static final String LOAD_RESOURCES =
            "SELECT r.kind, r.project, r.name, r.uid, r.generation, r.revision AS seen, r.title,"
                    + " r.labels, r.created_at, r.status, s.body FROM resource r"
                    + " LEFT JOIN spec s ON s.uid = r.uid AND s.generation = r.generation";
    private static final String LOAD_CHANGES =
            "SELECT c.revision AS at, c.deleted, c.kind, c.project, c.name, c.uid, c.generation,"
                    + " c.seen, c.title, c.labels, c.created_at, c.status, s.body FROM change c"
                    + " LEFT JOIN spec s ON s.uid = c.uid AND s.generation = c.generation"
                    + " WHERE c.revision > ? AND c.revision <= ? ORDER BY c.revision";
    private static final String NEWEST = "SELECT coalesce(max(revision), 0) FROM change";

    private static final String NO_STATUS = ResourceWriter.statusJson(Status.NONE);

    private final HikariDataSource pool;
    private final String label;
    private final String wayOut;
    private final int kept;
    private boolean broken;

    SqlJournal(HikariDataSource pool, SqlDialect dialect, int kept) {
        this.pool = pool;
        this.label = dialect.label();
        this.wayOut = dialect.wayOut();
        this.kept = kept;
    }

    /** The newest image. */
    TreeImage load() {
        try (Connection connection = pool.getConnection();
                PreparedStatement query = connection.prepareStatement(LOAD_RESOURCES);
                ResultSet row = query.executeQuery()) {
            ResourceTree tree = ResourceTree.EMPTY;
            while (row.next()) {
                tree = tree.with(resource(row));
            }
            return new TreeImage(new Revision(newest(connection)), tree);
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    @Override
    public void append(Change change, boolean specChanged) {
        if (broken) {
            throw failed("does not take changes any more after an error; restart the server", null);
        }
        Resource<?> resource =
                switch (change) {
                    case Change.Put(_, Resource<?> put) -> put;
                    case Change.Deleted(_, Resource<?> last) -> last;
                };
        if (specChanged) {
            checkThatItCanBeReadBack(resource);
        }
        boolean interrupted = Thread.interrupted(); // would fail the pool, not end the change
        try {
            keep(change, resource, specChanged);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void keep(Change change, Resource<?> resource, boolean specChanged) {
        try {
            commit(change, resource, specChanged);
        } catch (SQLException e) {
            checkThatNothingHappened(change, e);
            throw failed(
                    broken
                            ? "failed within a change, which may have happened; restart the server"
                            : "did not take the change; nothing was changed",
                    e);
        }
    }

    /** A spec that a later start could not read would make the whole store unreadable. */
    private static void checkThatItCanBeReadBack(Resource<?> resource) {
        Kind kind = resource.key().kind();
        String body = ResourceWriter.specJson(kind, resource.spec());
        Spec read = ResourceReader.readSpec(kind, resource.key().toString(), body);
        if (!read.equals(resource.spec())) {
            throw MillraceException.invalid(
                    resource.key() + " cannot be kept: its spec has no written form");
        }
    }

    private void commit(Change change, Resource<?> resource, boolean specChanged)
            throws SQLException {
        try (Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false); // the pool rolls back and resets what is left open
            write(connection, change, resource, specChanged);
            connection.commit();
        }
    }

    private void write(
            Connection connection, Change change, Resource<?> resource, boolean specChanged)
            throws SQLException {
        Kind kind = resource.key().kind();
        Metadata metadata = resource.metadata();
        if (specChanged) {
            execute(
                    connection,
                    PUT_SPEC,
                    metadata.uid(),
                    metadata.generation(),
                    ResourceWriter.specJson(kind, resource.spec()));
        }
        List<Object> row = row(resource);
        boolean deleted = change instanceof Change.Deleted;
        if (deleted) {
            execute(connection, DELETE_RESOURCE, row.subList(0, 3).toArray());
        } else {
            execute(connection, PUT_RESOURCE, row.toArray());
        }
        long revision = change.revision().value();
        var changeRow = new ArrayList<>(row);
        changeRow.add(revision);
        changeRow.add(deleted ? 1 : 0);
        execute(connection, PUT_CHANGE, changeRow.toArray());
        if (revision > kept && revision % Math.max(1, kept / 10) == 0) {
            long last = revision - kept;
            execute(connection, TRIM_SPECS, last, last);
            execute(connection, TRIM_CHANGES, last);
        }
    }

    private static List<Object> row(Resource<?> resource) {
        ResourceKey key = resource.key();
        Metadata metadata = resource.metadata();
        return List.of(
                key.kind().label(),
                key.scope().toString(),
                key.name().value(),
                metadata.uid(),
                metadata.generation(),
                metadata.revision().value(),
                metadata.title(),
                ResourceWriter.labelsJson(metadata.labels()),
                metadata.createdAt().toString(),
                ResourceWriter.statusJson(resource.status()));
    }

    private static void execute(Connection connection, String sql, Object... values)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            statement.executeUpdate();
        }
    }

    /** After an error the commit may still have happened; then memory and disk would differ. */
    private void checkThatNothingHappened(Change change, SQLException error) {
        try (Connection connection = pool.getConnection()) {
            broken = newest(connection) != change.revision().value() - 1;
        } catch (SQLException e) {
            error.addSuppressed(e);
            broken = true;
        }
        if (broken) {
            LOG.error("The store in {} is in doubt after an error; restart the server", label);
        }
    }

    @Override
    public List<Change> read(Revision after, Revision last) {
        var changes = new ArrayList<Change>();
        try (Connection connection = pool.getConnection();
                PreparedStatement query = connection.prepareStatement(LOAD_CHANGES)) {
            query.setLong(1, after.value());
            query.setLong(2, last.value());
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    changes.add(change(row));
                }
            }
        } catch (SQLException e) {
            throw unreadable(e);
        }
        boolean complete = changes.size() == last.value() - after.value();
        return complete ? changes : List.of();
    }

    private static long newest(Connection connection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(NEWEST);
                ResultSet row = query.executeQuery()) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    private Change change(ResultSet row) throws SQLException {
        var revision = new Revision(row.getLong("at"));
        Resource<?> resource = resource(row);
        return row.getInt("deleted") == 1
                ? new Change.Deleted(revision, resource)
                : new Change.Put(revision, resource);
    }

    private Resource<?> resource(ResultSet row) throws SQLException {
        Kind kind = kind(row.getString("kind"));
        String project = row.getString("project");
        Scope scope =
                project.isEmpty()
                        ? new Scope.Install()
                        : new Scope.InProject(new ProjectId(project));
        var key = new ResourceKey(kind, scope, new ResourceName(row.getString("name")));
        String body = row.getString("body");
        if (body == null) {
            throw damaged(key + " has no spec");
        }
        try {
            var metadata =
                    new Metadata(
                            row.getString("uid"),
                            row.getString("title"),
                            labels(key, row.getString("labels")),
                            row.getLong("generation"),
                            new Revision(row.getLong("seen")),
                            Instant.parse(row.getString("created_at")));
            Spec spec = ResourceReader.readSpec(kind, key.toString(), body);
            return resource(key, metadata, spec, row.getString("status"));
        } catch (ResourceProblems e) {
            throw damaged(e.text());
        }
    }

    private static <S extends Spec> Resource<S> resource(
            ResourceKey key, Metadata metadata, S spec, String status) {
        return new Resource<>(key, metadata, spec, status(key, status));
    }

    /** Most resources have no labels, and a start should not read them by the thousand. */
    private static Map<String, String> labels(ResourceKey key, String json) {
        return json.equals("{}") ? Map.of() : ResourceReader.readLabels(key.toString(), json);
    }

    private static Status status(ResourceKey key, String json) {
        return json.equals(NO_STATUS)
                ? Status.NONE
                : ResourceReader.readStatus(key.toString(), json);
    }

    private Kind kind(String label) {
        return Kind.find(label).orElseThrow(() -> damaged("unknown kind " + label));
    }

    private MillraceException damaged(String message) {
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "the database " + label + " is damaged: " + message + ". " + wayOut);
    }

    private MillraceException unreadable(SQLException e) {
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "cannot read the database " + label + ": " + e.getMessage() + ". " + wayOut,
                e);
    }

    private MillraceException failed(String message, @Nullable SQLException e) {
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "the database " + label + " " + message + (e == null ? "" : ": " + e.getMessage()),
                e);
    }

    @Override
    public void close() {
        pool.close();
    }
}
