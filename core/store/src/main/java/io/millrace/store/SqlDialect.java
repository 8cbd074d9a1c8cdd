package io.millrace.store;

import com.zaxxer.hikari.HikariConfig;
import java.util.List;

/** What differs between databases; the statements of {@link SqlJournal} are the same for all. */
interface SqlDialect {

    /** What the database is called in messages, such as its file. */
    String label();

    /** Says what to do when the database cannot be used. */
    String wayOut();

    /**
     * Looks at the database without changing it.
     *
     * @return the version of its schema; 0 when it is new
     * @throws io.millrace.api.MillraceException when it is not one of Millrace or cannot be read
     */
    int schemaVersion();

    /** How to reach the database: a pool of the one writer. */
    HikariConfig pool();

    /** The scripts that make and change the schema, by class path, the oldest first. */
    List<String> migrations();
}
