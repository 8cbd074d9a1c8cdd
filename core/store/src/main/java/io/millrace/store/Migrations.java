package io.millrace.store;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/**
 * Brings the schema of a database up to date. Flyway costs a start some hundred milliseconds, so it
 * is asked only when there is something to do, and it gets the scripts by name instead of searching
 * the class path.
 */
final class Migrations {

    private Migrations() {}

    /**
     * Checks what is there before anything is touched.
     *
     * @return whether the schema must be made or changed
     */
    static boolean areNeeded(SqlDialect dialect) {
        int present = dialect.schemaVersion();
        int newest = dialect.migrations().size();
        if (present > newest) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "the database "
                            + dialect.label()
                            + " was written by a newer Millrace: its schema has version "
                            + present
                            + ", this program knows up to "
                            + newest
                            + ". Start the newer program. "
                            + dialect.wayOut());
        }
        return present < newest;
    }

    static void run(SqlDialect dialect, DataSource source) {
        try {
            Flyway.configure(Migrations.class.getClassLoader())
                    .dataSource(source)
                    .loggers("slf4j")
                    .resourceProvider(new NamedScripts(dialect.migrations()))
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "cannot bring the database "
                            + dialect.label()
                            + " up to date: "
                            + e.getMessage()
                            + ". "
                            + dialect.wayOut(),
                    e);
        }
    }

    /** Gives Flyway exactly the scripts of a list. */
    private record NamedScripts(List<String> paths) implements ResourceProvider {

        @Override
        public @Nullable LoadableResource getResource(String name) {
            return paths.contains(name) ? new Script(name) : null;
        }

        @Override
        public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
            return paths.stream()
                    .<LoadableResource>map(Script::new)
                    .filter(script -> script.getFilename().startsWith(prefix))
                    .toList();
        }
    }

    /** A script on the class path. */
    private static final class Script extends LoadableResource {

        private final String path;

        Script(String path) {
            this.path = path;
        }

        @Override
        public Reader read() {
            try (InputStream in = Migrations.class.getClassLoader().getResourceAsStream(path)) {
                if (in == null) {
                    throw MillraceException.internal("the program lacks its own " + path, null);
                }
                return new StringReader(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                throw MillraceException.internal("cannot read the program's own " + path, e);
            }
        }

        @Override
        public String getAbsolutePath() {
            return path;
        }

        @Override
        public String getAbsolutePathOnDisk() {
            return path;
        }

        @Override
        public String getFilename() {
            return path.substring(path.lastIndexOf('/') + 1);
        }

        @Override
        public String getRelativePath() {
            return path;
        }
    }
}
