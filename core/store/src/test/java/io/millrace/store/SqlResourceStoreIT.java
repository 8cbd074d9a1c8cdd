package io.millrace.store;

import static io.millrace.store.Manifests.category;
import static io.millrace.store.Manifests.categoryKey;
import static io.millrace.store.Manifests.function;
import static io.millrace.store.ResourceStoreConformance.ready;
import static io.millrace.store.ResourceStoreConformance.revisions;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.api.TimeSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class SqlResourceStoreIT {

    @TempDir Path folder = Path.of("");

    @Nested
    class Conformance extends ResourceStoreConformance {
        @Override
        ResourceStore open(TimeSource time, IdSource ids) {
            return SqlResourceStore.openSqlite(file(), time, ids);
        }
    }

    @Test
    void everythingIsThereAfterARestart() {
        StoreImage before;
        try (var store = open()) {
            store.put(category("a", "x", "y"), Optional.empty());
            store.put(function("p", "f", "print('ä')\n"), Optional.empty());
            store.put(function("p", "f", "print(2)"), Optional.empty());
            store.put(category("gone", "x"), Optional.empty());
            store.putStatus(
                    categoryKey("a"),
                    store.image().find(categoryKey("a")).orElseThrow().metadata().uid(),
                    ready("Fine"));
            store.delete(categoryKey("gone"), Optional.empty());
            before = store.image();
        }
        try (var store = open()) {
            assertThat(store.image().revision()).isEqualTo(before.revision());
            for (Kind kind : Kind.values()) {
                assertThat(store.image().all(kind)).isEqualTo(before.all(kind));
            }
            var heard = new CopyOnWriteArrayList<Change>();
            try (var _ = store.watch(Revision.NONE, heard::add)) {
                store.put(category("b", "x"), Optional.empty());
                await().untilAsserted(() ->
                        assertThat(revisions(heard)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L));
            }
            assertThat(heard.get(5)).isInstanceOf(Change.Deleted.class);
            assertThat(heard.get(2))
                    .isEqualTo(
                            new Change.Put(
                                    new Revision(3),
                                    before.all(Kind.FUNCTION, new ProjectId("p")).getFirst()));
        }
    }

    @Test
    void oldChangesAndTheirSpecsAreRemoved() throws Exception {
        try (var store = open(100)) {
            for (int i = 0; i < 350; i++) {
                store.put(category("a", "v" + i), Optional.empty());
                if (i == 5) {
                    store.put(category("quiet", "x"), Optional.empty());
                }
            }
        }
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file());
                var statement = connection.createStatement()) {
            try (var rows =
                    statement.executeQuery(
                            "SELECT (SELECT count(*) FROM change), (SELECT count(*) FROM spec)")) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getInt(1)).isBetween(100, 110);
                assertThat(rows.getInt(2)).isBetween(101, 111);
            }
        }
        try (var store = open(100)) {
            assertThat(store.image().all(Kind.CATEGORY)).hasSize(2);
            assertThatThrownBy(() -> store.watch(new Revision(10), _ -> {}))
                    .hasMessageContaining("not kept any more");
        }
    }

    @Test
    void specWithoutAWrittenFormIsRefused() {
        var broken =
                new Manifest<>(
                        ResourceKey.of(Kind.MODEL, ProjectId.DEFAULT, "m"),
                        "",
                        Map.of(),
                        ModelSpec.of("tensorflow", List.of(), Map.of())
                                .withBatching(
                                        io.millrace.api.BatchingSpec.STANDARD.withMaxBatchSize(
                                                -1)));
        try (var store = open()) {
            assertThatThrownBy(() -> store.put(broken, Optional.empty()))
                    .isInstanceOf(MillraceException.class)
                    .hasMessageContaining("must be from 1 to 65536, was -1");
            assertThat(store.image().revision()).isEqualTo(Revision.NONE);
            store.put(category("a", "x"), Optional.empty());
        }
        open().close();
    }

    @Test
    void newerSchemaIsRefusedAndLeftAlone() throws Exception {
        open().close();
        execute(
                "INSERT INTO flyway_schema_history (installed_rank, version, description, type,"
                        + " script, checksum, installed_by, installed_on, execution_time, success)"
                        + " VALUES (2, '7', 'later', 'SQL', 'V7__later.sql', 1, '', '', 1, 1)");
        byte[] before = Files.readAllBytes(file());

        assertRefused("written by a newer Millrace: its schema has version 7");
        assertThat(Files.readAllBytes(file())).isEqualTo(before);
    }

    @Test
    void foreignFilesAreRefusedAndLeftAlone() throws Exception {
        execute("CREATE TABLE t (x INTEGER)");
        byte[] before = Files.readAllBytes(file());
        assertRefused("of another program");
        assertThat(Files.readAllBytes(file())).isEqualTo(before);

        Files.writeString(file(), "just some text that is no database at all");
        assertRefused("is not a SQLite database");
        assertThat(Files.readString(file())).startsWith("just some text");
    }

    @Test
    void damageIsToldWithFileAndWayOut() throws Exception {
        try (var store = open()) {
            for (int i = 0; i < 200; i++) {
                store.put(function("p", "f" + i, "x".repeat(500)), Optional.empty());
            }
        }
        byte[] bytes = Files.readAllBytes(file());
        java.util.Arrays.fill(bytes, 4096, bytes.length, (byte) 0x5a);
        Files.write(file(), bytes);

        assertRefused("cannot read the database");
    }

    @Test
    void damagedRowIsTold() throws Exception {
        try (var store = open()) {
            store.put(category("a", "x"), Optional.empty());
        }
        execute("UPDATE spec SET body = '{\"valeus\":[]}'");

        assertRefused("is damaged: Category/a:1:2: unknown field 'valeus'");
    }

    @Test
    void missingFolderIsTold() {
        assertThatThrownBy(() ->
                        SqlResourceStore.openSqlite(
                                folder.resolve("none/x.db"),
                                TimeSource.system(),
                                IdSource.random()))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("none/x.db");
    }

    @ParameterizedTest(name = "killed after {0} changes")
    @ValueSource(ints = {1, 40, 150})
    void everyChangeThatReturnedSurvivesAKill(int count) throws Exception {
        Process child =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                WritingChild.class.getName(),
                                file().toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        int confirmed = 0;
        try (BufferedReader lines = child.inputReader(StandardCharsets.UTF_8)) {
            while (confirmed < count) {
                confirmed = Integer.parseInt(lines.readLine());
            }
            child.toHandle().destroyForcibly(); // the process itself would close its output, too
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                confirmed = Integer.parseInt(line);
            }
        } finally {
            child.destroyForcibly();
        }
        assertThat(child.waitFor(20, TimeUnit.SECONDS)).isTrue();

        try (var store = open()) {
            assertThat(store.image().revision().value())
                    .isBetween((long) confirmed, confirmed + 1L);
            assertThat(store.image().all(Kind.CATEGORY))
                    .hasSize((int) store.image().revision().value());
        }
    }

    @Test
    void opensQuickly() {
        open().close();
        var threads = ManagementFactory.getThreadMXBean(); // the wall clock tells of the neighbours
        long best = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            long start = threads.getCurrentThreadCpuTime();
            open().close();
            best = Math.min(best, threads.getCurrentThreadCpuTime() - start);
        }

        assertThat(best / 1_000_000).isLessThan(100);
    }

    private Path file() {
        return folder.resolve("store.db");
    }

    private ResourceStore open() {
        return SqlResourceStore.openSqlite(file(), TimeSource.system(), IdSource.random());
    }

    private ResourceStore open(int kept) {
        return SqlResourceStore.open(
                new SqliteDialect(file()), TimeSource.system(), IdSource.random(), kept);
    }

    private void execute(String sql) throws Exception {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file());
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void assertRefused(String message) throws IOException {
        assertThatThrownBy(() -> open().close())
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE))
                .hasMessageContaining(message)
                .hasMessageContaining(file().toString())
                .hasMessageContaining("apply your resources again");
    }
}
