package io.millrace.store;

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
import io.millrace.codec.ResourceProblems;
import io.millrace.codec.ResourceReader;
import io.millrace.codec.ResourceWriter;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps changes in a SQL database: what each resource is now, and the newest changes for watchers
 * that come back after a restart. Each change is one transaction.
 */
final class SqlJournal implements Journal {

    private static final Logger LOG = LoggerFactory.getLogger(SqlJournal.class);

    private static final String PUT_RESOURCE =
            "INSERT INTO resource (kind, project, name, uid, generation, revision, title, labels,"
                    + " created_at, status) VALUES (:kind, :project, :name, :uid, :generation,"
                    + " :revision, :title, :labels, :createdAt, :status)"
                    + " ON CONFLICT (kind, project, name) DO UPDATE SET uid = excluded.uid,"
                    + " generation = excluded.generation, revision = excluded.revision,"
                    + " title = excluded.title, labels = excluded.labels,"
                    + " created_at = excluded.created_at, status = excluded.status";
    private static final String PUT_CHANGE =
            "INSERT INTO change (revision, deleted, kind, project, name, uid, generation, seen,"
                    + " title, labels, created_at, status) VALUES (:at, :deleted, :kind, :project,"
                    + " :name, :uid, :generation, :revision, :title, :labels, :createdAt, :status)";
    private static final String PUT_SPEC =
            "INSERT INTO spec (uid, generation, body) VALUES (:uid, :generation, :body)";
    private static final String DELETE_RESOURCE =
            "DELETE FROM resource WHERE kind = :kind AND project = :project AND name = :name";
    private static final String TRIM_SPECS =
            "DELETE FROM spec WHERE (uid, generation) IN"
                    + " (SELECT c.uid, c.generation FROM change c WHERE c.revision <= :last)"
                    + " AND NOT EXISTS (SELECT 1 FROM change c WHERE c.uid = spec.uid"
                    + " AND c.generation = spec.generation AND c.revision > :last)"
                    + " AND NOT EXISTS (SELECT 1 FROM resource r WHERE r.uid = spec.uid"
                    + " AND r.generation = spec.generation)";
    private static final String TRIM_CHANGES = "DELETE FROM change WHERE revision <= :last";
    private static final String LOAD_RESOURCES =
            "SELECT r.kind, r.project, r.name, r.uid, r.generation, r.revision AS seen, r.title,"
                    + " r.labels, r.created_at, r.status, s.body FROM resource r"
                    + " LEFT JOIN spec s ON s.uid = r.uid AND s.generation = r.generation";
    private static final String LOAD_CHANGES =
            "SELECT c.revision AS at, c.deleted, c.kind, c.project, c.name, c.uid, c.generation,"
                    + " c.seen, c.title, c.labels, c.created_at, c.status, s.body FROM change c"
                    + " LEFT JOIN spec s ON s.uid = c.uid AND s.generation = c.generation"
                    + " WHERE c.revision > :after AND c.revision <= :last ORDER BY c.revision";
    private static final String NEWEST = "SELECT coalesce(max(revision), 0) FROM change";

    private final Jdbi jdbi;
    private final AutoCloseable pool;
    private final String label;
    private final String wayOut;
    private final int kept;
    private boolean broken;

    SqlJournal(Jdbi jdbi, AutoCloseable pool, String label, String wayOut, int kept) {
        this.jdbi = jdbi;
        this.pool = pool;
        this.label = label;
        this.wayOut = wayOut;
        this.kept = kept;
    }

    /** The newest image. */
    TreeImage load() {
        try {
            return jdbi.withHandle(handle -> {
                long newest = newest(handle);
                ResourceTree tree = ResourceTree.EMPTY;
                for (Resource<?> resource :
                        handle.createQuery(LOAD_RESOURCES).map((row, _) -> resource(row)).list()) {
                    tree = tree.with(resource);
                }
                return new TreeImage(new Revision(newest), tree);
            });
        } catch (JdbiException e) {
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
        try {
            jdbi.useTransaction(handle -> write(handle, change, resource, specChanged));
        } catch (JdbiException e) {
            checkThatNothingHappened(change, e);
            throw failed("did not take the change; nothing was changed", e);
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

    private void write(Handle handle, Change change, Resource<?> resource, boolean specChanged) {
        var row = new Row(resource);
        if (specChanged) {
            handle.createUpdate(PUT_SPEC)
                    .bind("uid", row.metadata().uid())
                    .bind("generation", row.metadata().generation())
                    .bind("body", ResourceWriter.specJson(resource.key().kind(), resource.spec()))
                    .execute();
        }
        long revision = change.revision().value();
        boolean deleted = change instanceof Change.Deleted;
        if (deleted) {
            row.bindKey(handle.createUpdate(DELETE_RESOURCE)).execute();
        } else {
            row.bindAll(handle.createUpdate(PUT_RESOURCE)).execute();
        }
        row.bindAll(handle.createUpdate(PUT_CHANGE))
                .bind("at", revision)
                .bind("deleted", deleted ? 1 : 0)
                .execute();
        if (revision > kept && revision % Math.max(1, kept / 10) == 0) {
            long last = revision - kept;
            handle.createUpdate(TRIM_SPECS).bind("last", last).execute();
            handle.createUpdate(TRIM_CHANGES).bind("last", last).execute();
        }
    }

    /** After an error the commit may still have happened; then memory and disk would differ. */
    private void checkThatNothingHappened(Change change, JdbiException error) {
        try {
            broken = jdbi.withHandle(SqlJournal::newest) != change.revision().value() - 1;
        } catch (JdbiException e) {
            error.addSuppressed(e);
            broken = true;
        }
        if (broken) {
            LOG.error("The store in {} is in doubt after an error; restart the server", label);
        }
    }

    @Override
    public List<Change> read(Revision after, Revision last) {
        try {
            List<Change> changes =
                    jdbi.withHandle(handle ->
                            handle.createQuery(LOAD_CHANGES)
                                    .bind("after", after.value())
                                    .bind("last", last.value())
                                    .map((row, _) -> change(row))
                                    .list());
            boolean complete = changes.size() == last.value() - after.value();
            return complete ? changes : List.of();
        } catch (JdbiException e) {
            throw unreadable(e);
        }
    }

    private static long newest(Handle handle) {
        return handle.createQuery(NEWEST).mapTo(Long.class).one();
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
                            ResourceReader.readLabels(key.toString(), row.getString("labels")),
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
        return new Resource<>(
                key, metadata, spec, ResourceReader.readStatus(key.toString(), status));
    }

    private Kind kind(String label) {
        return Kind.find(label).orElseThrow(() -> damaged("unknown kind " + label));
    }

    private MillraceException damaged(String message) {
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "the database " + label + " is damaged: " + message + ". " + wayOut);
    }

    private MillraceException unreadable(JdbiException e) {
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "cannot read the database " + label + ": " + rootMessage(e) + ". " + wayOut,
                e);
    }

    private MillraceException failed(String message, @Nullable JdbiException e) {
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "the database " + label + " " + message + (e == null ? "" : ": " + rootMessage(e)),
                e);
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            root = cause;
        }
        return String.valueOf(root.getMessage());
    }

    @Override
    public void close() {
        try {
            pool.close();
        } catch (Exception e) { // the pool's interface allows any
            LOG.warn("Closing the database {} failed", label, e);
        }
    }

    /** A resource as the values of a row. */
    private record Row(ResourceKey key, Metadata metadata, String status) {

        Row(Resource<?> resource) {
            this(resource.key(), resource.metadata(), ResourceWriter.statusJson(resource.status()));
        }

        Update bindKey(Update update) {
            return update.bind("kind", key.kind().label())
                    .bind("project", key.scope().toString())
                    .bind("name", key.name().value());
        }

        Update bindAll(Update update) {
            return bindKey(update)
                    .bind("uid", metadata.uid())
                    .bind("generation", metadata.generation())
                    .bind("revision", metadata.revision().value())
                    .bind("title", metadata.title())
                    .bind("labels", ResourceWriter.labelsJson(metadata.labels()))
                    .bind("createdAt", metadata.createdAt().toString())
                    .bind("status", status);
        }
    }
}
