package io.millrace.store;

import com.zaxxer.hikari.HikariConfig;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;

/** A SQLite file. Write-ahead log with full synchronisation: a commit survives a power cut. */
final class SqliteDialect implements SqlDialect {

    private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);
    private static final List<String> MIGRATIONS = List.of("db/migration/sqlite/V1__resources.sql");

    private final Path file;

    SqliteDialect(Path file) {
        this.file = file.toAbsolutePath();
    }

    @Override
    public String label() {
        return file.toString();
    }

    @Override
    public String wayOut() {
        return "Put a copy from before in its place, or move the file away together with its -wal and"
                + " -shm files and apply your resources again";
    }

    @Override
    public List<String> migrations() {
        return MIGRATIONS;
    }

    @Override
    public HikariConfig pool() {
        var config = new HikariConfig();
        config.setDriverClassName("org.sqlite.JDBC"); // asking all drivers takes longer
        config.setJdbcUrl(
                "jdbc:sqlite:"
                        + file
                        + "?journal_mode=WAL&synchronous=FULL&busy_timeout=5000&foreign_keys=true");
        config.setPoolName("store");
        config.setMaximumPoolSize(1);
        config.setMaxLifetime(0); // a file's connection does not age
        config.setKeepaliveTime(0);
        return config;
    }

    @Override
    public int schemaVersion() {
        if (!Files.exists(file)) {
            return 0;
        }
        try {
            if (Files.size(file) == 0) {
                return 0;
            }
            checkMagic();
            return readSchemaVersion();
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "cannot read " + file + ": " + e.getMessage(), e);
        } catch (SQLException e) {
            throw damaged(e);
        }
    }

    private void checkMagic() throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE, file + " is not a SQLite database. " + wayOut());
            }
        }
    }

    private int readSchemaVersion() throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(
                                "jdbc:sqlite:" + file + "?open_mode=1&busy_timeout=5000");
                Statement statement = connection.createStatement()) {
            if (count(statement, "SELECT count(*) FROM sqlite_schema") == 0) {
                return 0;
            }
            if (count(statement, TABLES_OF_OURS) < 2) {
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        file + " is a SQLite database of another program. " + wayOut());
            }
            return count(
                    statement,
                    "SELECT coalesce(max(CAST(version AS INTEGER)), 0) FROM flyway_schema_history"
                            + " WHERE success = 1");
        }
    }

    private static final String TABLES_OF_OURS =
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"
                    + " AND name IN ('flyway_schema_history', 'resource')";

    private static int count(Statement statement, String query) throws SQLException {
        try (ResultSet result = statement.executeQuery(query)) {
            return result.next() ? result.getInt(1) : 0;
        }
    }

    private MillraceException damaged(SQLException e) {
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "cannot read the database " + file + ": " + e.getMessage() + ". " + wayOut(),
                e);
    }
}
