package io.millrace.store;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.api.Spec;
import io.millrace.api.Status;
import io.millrace.api.TimeSource;
import java.nio.file.Path;
import java.util.Optional;

/** A store in a SQL database. One process at a time may have it open. */
public final class SqlResourceStore implements ResourceStore {

    private final StoreCore core;

    private SqlResourceStore(StoreCore core) {
        this.core = core;
    }

    /**
     * Opens a store in a SQLite file, which is made when it is not there; its folder must exist.
     *
     * @param file the database; two more files of its name with {@code -wal} and {@code -shm} are
     *     beside it while it is open
     * @param time when things are created
     * @param ids gives uids
     * @throws MillraceException {@code UNAVAILABLE} when the file is damaged, not of Millrace, or
     *     of a newer one; it is left as it was and the message names the way out
     */
    public static SqlResourceStore openSqlite(Path file, TimeSource time, IdSource ids) {
        return open(new SqliteDialect(file), time, ids, StoreCore.KEPT_CHANGES);
    }

    static SqlResourceStore open(SqlDialect dialect, TimeSource time, IdSource ids, int kept) {
        boolean migrate = Migrations.areNeeded(dialect);
        HikariDataSource pool = connect(dialect);
        try {
            if (migrate) {
                Migrations.run(dialect, pool);
            }
            var journal = new SqlJournal(pool, dialect, kept);
            return new SqlResourceStore(new StoreCore(journal.load(), journal, time, ids, kept));
        } catch (RuntimeException | Error e) {
            pool.close();
            throw e;
        }
    }

    private static HikariDataSource connect(SqlDialect dialect) {
        try {
            return new HikariDataSource(dialect.pool());
        } catch (HikariPool.PoolInitializationException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "cannot open the database "
                            + dialect.label()
                            + ": "
                            + e.getMessage()
                            + ". "
                            + dialect.wayOut(),
                    e);
        }
    }

    @Override
    public StoreImage image() {
        return core.image();
    }

    @Override
    public <S extends Spec> Resource<S> put(Manifest<S> manifest, Optional<Revision> expected) {
        return core.put(manifest, expected);
    }

    @Override
    public boolean putStatus(ResourceKey key, String uid, Status status) {
        return core.putStatus(key, uid, status);
    }

    @Override
    public boolean delete(ResourceKey key, Optional<Revision> expected) {
        return core.delete(key, expected);
    }

    @Override
    public Watch watch(Revision after, Watcher watcher) {
        return core.watch(after, watcher);
    }

    @Override
    public void close() {
        core.close();
    }
}
