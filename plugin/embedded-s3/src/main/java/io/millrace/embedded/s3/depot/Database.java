package io.millrace.embedded.s3.depot;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.embedded.s3.depot.Refusal.Reason;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * One SQLite file: one writer at a time, and readers beside it. A commit survives the death of the
 * process at once, and a loss of power from the next checkpoint on, which is the promise of the
 * log.
 */
final class Database implements AutoCloseable {

    private static final int READERS = 4;
    private static final int BUSY_MILLIS = 10_000;
    private static final int VERSION = 1;

    private static final List<String> SCHEMA =
            List.of(
                    "create table store (name text primary key, value text not null) without rowid",
                    """
                    create table credential (
                        access_key text primary key, secret_key text not null,
                        project text not null, name text not null, made integer not null,
                        unique (project, name)) without rowid\
                    """,
                    """
                    create table bucket (
                        id integer primary key autoincrement, project text not null,
                        name text not null, made integer not null, unique (project, name))\
                    """,
                    """
                    create table object (
                        bucket integer not null references bucket (id), key text not null,
                        size integer not null, etag text not null, modified integer not null,
                        headers text not null, metadata text not null, file text not null,
                        primary key (bucket, key)) without rowid\
                    """,
                    "create index object_file on object (file)",
                    """
                    create table upload (
                        id text primary key, bucket integer not null references bucket (id),
                        key text not null, headers text not null, metadata text not null,
                        made integer not null) without rowid\
                    """,
                    """
                    create table part (
                        upload text not null references upload (id), number integer not null,
                        size integer not null, etag text not null, modified integer not null,
                        file text not null, primary key (upload, number)) without rowid\
                    """,
                    "create index part_file on part (file)",
                    """
                    create table news (
                        sequence integer primary key autoincrement, project text not null,
                        bucket text not null, key text not null, event text not null, size integer,
                        etag text, metadata text not null, time integer not null,
                        aside integer not null default 0)\
                    """,
                    "create index news_waiting on news (project, sequence) where aside = 0",
                    "pragma user_version = " + VERSION);

    private final Path file;
    private final ReentrantLock writing = new ReentrantLock();
    private final Connection writer;
    private final BlockingQueue<Connection> readers = new ArrayBlockingQueue<>(READERS);

    private Database(Path file, Connection writer) {
        this.file = file;
        this.writer = writer;
    }

    /** Something done with a connection. */
    @FunctionalInterface
    interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /** Opens the file, which is made when it is not there. */
    static Database open(Path file) {
        try {
            Connection writer = connect(file, false);
            var database = new Database(file, writer);
            try {
                database.prepare();
                for (int i = 0; i < READERS; i++) {
                    database.readers.add(connect(file, true));
                }
                return database;
            } catch (SQLException | RuntimeException e) {
                database.close();
                throw e;
            }
        } catch (SQLException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "cannot open the index of the object store %s: %s. Restore the folder from a backup, or move it away to begin with an empty store"
                            .formatted(file, e.getMessage()),
                    e);
        }
    }

    private static Connection connect(Path file, boolean isReader) throws SQLException {
        var config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.NORMAL);
        config.setBusyTimeout(BUSY_MILLIS);
        config.enforceForeignKeys(true);
        Connection connection = config.createConnection("jdbc:sqlite:" + file);
        connection.setAutoCommit(isReader);
        return connection;
    }

    private void prepare() throws SQLException {
        try (Statement statement = writer.createStatement()) {
            int version;
            try (var found = statement.executeQuery("pragma user_version")) {
                version = found.getInt(1);
            }
            if (version > VERSION) {
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        "the object store %s was written by a newer Millrace (form %d, this one knows %d); start that one"
                                .formatted(file, version, VERSION));
            }
            if (version == 0) {
                for (String sql : SCHEMA) {
                    statement.executeUpdate(sql);
                }
            }
            writer.commit();
        }
    }

    /** Changes things as a whole, or not at all. */
    <T> T write(Work<T> work) {
        writing.lock();
        try {
            boolean done = false;
            try {
                T result = work.run(writer);
                writer.commit();
                done = true;
                return result;
            } finally {
                if (!done) {
                    writer.rollback();
                }
            }
        } catch (SQLException e) {
            throw failure(e);
        } finally {
            writing.unlock();
        }
    }

    /** Looks at what is committed. */
    <T> T read(Work<T> work) {
        Connection reader;
        try {
            reader = readers.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "interrupted while it waited for the object store", e);
        }
        try {
            return work.run(reader);
        } catch (SQLException e) {
            throw failure(e);
        } finally {
            readers.add(reader);
        }
    }

    private MillraceException failure(SQLException e) {
        if (e instanceof SQLiteException known
                && known.getResultCode() == SQLiteErrorCode.SQLITE_FULL) {
            return new Refusal(
                    Reason.NO_SPACE, "the disk of the object store is full: " + e.getMessage());
        }
        return MillraceException.internal(
                "the index of the object store %s fails: %s".formatted(file, e.getMessage()), e);
    }

    @Override
    public void close() {
        writing.lock();
        try {
            close(writer);
            for (Connection reader = readers.poll(); reader != null; reader = readers.poll()) {
                close(reader);
            }
        } finally {
            writing.unlock();
        }
    }

    private void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            throw failure(e);
        }
    }
}
