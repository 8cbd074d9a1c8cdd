package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ArchiveUnpackerTest {

    private static final int LINK = 0120777;
    private static final int DEVICE = 0060600;

    @TempDir Path folder;
    private Path archive;
    private Path target;

    @BeforeEach
    void paths() {
        archive = folder.resolve("a.zip");
        target = folder.resolve("deep/target");
    }

    @Test
    void unpacksFilesAndFoldersAndLeavesOutWhatMacsAdd() throws IOException {
        long bytes =
                unpack(
                        Zips.zip()
                                .with("m/", "")
                                .with("m/saved_model.pb", "graph")
                                .with("m/variables/variables.index", "index")
                                .with("__MACOSX/m/._saved_model.pb", "junk")
                                .with("m/.DS_Store", "junk"));
        assertThat(bytes).isEqualTo(10);
        assertThat(target.resolve("m/saved_model.pb")).hasContent("graph");
        assertThat(target.resolve("m/variables/variables.index")).hasContent("index");
        assertThat(target.resolve("__MACOSX")).doesNotExist();
        assertThat(target.resolve("m/.DS_Store")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../evil",
                "a/../../evil",
                "a/..",
                "/etc/evil",
                "C:/evil",
                "c:evil",
                "a\\..\\evil",
                "\\\\host\\evil",
                "a//b",
                "./a",
                "a/./b",
                "a\u0000b",
                "a\nb"
            })
    void refusesNamesThatLeadElsewhere(String name) throws IOException {
        assertRefused(
                Zips.zip().with("good", "1").with(name, "2"), ErrorCode.INVALID, "archive entry");
        assertThat(folder.resolve("evil")).doesNotExist();
        assertThat(folder.resolve("deep/evil")).doesNotExist();
    }

    @Test
    void refusesLinksAndDevices() throws IOException {
        byte[] goal = "/etc/passwd".getBytes(StandardCharsets.UTF_8);
        assertRefused(Zips.zip().with("l", goal, LINK), ErrorCode.INVALID, "'l' is a link");
        assertRefused(Zips.zip().with("d", new byte[0], DEVICE), ErrorCode.INVALID, "'d'");
    }

    @Test
    void refusesNamesThatDifferOnlyInCaseAndFilesThatAreFolders() throws IOException {
        assertRefused(
                Zips.zip().with("Model.pb", "1").with("model.PB", "2"),
                ErrorCode.INVALID,
                "model.PB");
        assertRefused(Zips.zip().with("a", "1").with("a/b", "2"), ErrorCode.INVALID, "a/b");
        assertRefused(Zips.zip().with("a", "1").with("a", "2"), ErrorCode.INVALID, "twice");
    }

    @Test
    void refusesBombs() throws IOException {
        var zeros = new byte[(int) ArchiveLimits.RATIO_FREE_BYTES + (1 << 20)];
        assertRefused(
                Zips.zip().with("zeros", zeros, 0), ErrorCode.TOO_LARGE, "200 times its packed");
        assertRefused(
                Zips.zip().with("big", new byte[3 << 20], 0).with("more", new byte[3 << 20], 0),
                new ArchiveLimits(10, DataSize.ofMebibytes(4), 10_000),
                ErrorCode.TOO_LARGE,
                "'more': the archive unpacks to more than the 4Mi");
        var many = Zips.zip();
        for (int i = 0; i < 11; i++) {
            many.with("f" + i, "");
        }
        assertRefused(
                many,
                new ArchiveLimits(10, DataSize.ofMebibytes(4), 10),
                ErrorCode.TOO_LARGE,
                "more than the 10 entries allowed");
    }

    @Test
    void countsEntriesBeforeAnythingIsReadIntoMemory() throws IOException {
        var limits = new ArchiveLimits(10, DataSize.ofMebibytes(4), 10);
        for (Zips many : List.of(Zips.zip(), Zips.zip().asZip64())) {
            for (int i = 0; i < 11; i++) {
                many.with("f" + i, "");
            }
            byte[] zip = many.bytes();
            zip[0] ^= 1; // who looks at more than the directory finds an archive that is broken
            Files.write(archive, zip);
            assertRefused(limits, ErrorCode.TOO_LARGE, "more than the 10 entries allowed");
        }
    }

    @Test
    void refusesADirectoryThatIsLargeThoughItsEntriesAreFew() throws IOException {
        var few = Zips.zip().commented(60_000);
        for (int i = 0; i < 10; i++) {
            few.with("f" + i, "");
        }
        assertRefused(
                few,
                new ArchiveLimits(10, DataSize.ofMebibytes(4), 10),
                ErrorCode.TOO_LARGE,
                "directory");
    }

    @Test
    void believesNoCountOfEntries() throws IOException {
        var many = Zips.zip();
        for (int i = 0; i < 11; i++) {
            many.with("f" + i, "");
        }
        byte[] zip = many.bytes();
        zip[zip.length - 14] = 1;
        zip[zip.length - 12] = 1;
        zip[0] ^= 1;
        Files.write(archive, zip);
        assertRefused(
                new ArchiveLimits(10, DataSize.ofMebibytes(4), 10),
                ErrorCode.TOO_LARGE,
                "more than the 10 entries allowed");
    }

    @Test
    void unpacksZip64() throws IOException {
        unpack(Zips.zip().with("m/a", "hello").asZip64());
        assertThat(target.resolve("m/a")).hasContent("hello");
    }

    @Test
    void refusesNamesThatNoFileMayHave() throws IOException {
        assertRefused(
                Zips.zip().with("ä".repeat(150), "x"),
                ErrorCode.INVALID,
                "a part that is too long");
        assertRefused(
                Zips.zip().with("€".repeat(200), "x"),
                ErrorCode.INVALID,
                "a part that is too long");
        assertRefused(
                Zips.zip().with("a".repeat(199) + ("/" + "b".repeat(199)).repeat(25), "x"),
                ErrorCode.INVALID,
                "path that is too long");
    }

    @Test
    void everyTruncationIsRefusedAndLeavesNothing() throws IOException {
        byte[] good = Zips.zip().with("m/a", "hello").with("m/b", "world").bytes();
        for (int length = 0; length < good.length; length++) {
            Files.write(archive, Arrays.copyOf(good, length));
            assertRefused(ArchiveLimits.standard(), ErrorCode.INVALID, "truncated");
        }
    }

    @Test
    void refusesAFlippedBitOrGivesTheSameContent() throws IOException {
        byte[] good = Zips.zip().with("m", "some content that is long enough to pack").bytes();
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= (byte) (1 << i % 8);
            Files.write(archive, bad);
            try {
                new ArchiveUnpacker(ArchiveLimits.standard()).unpack(archive, target);
                try (var files = Files.list(target)) {
                    for (Path file : (Iterable<Path>) files::iterator) {
                        assertThat(file).hasContent("some content that is long enough to pack");
                    }
                }
                Folders.deleteTree(target);
            } catch (MillraceException e) {
                assertThat(e.code()).isIn(ErrorCode.INVALID, ErrorCode.TOO_LARGE);
                assertThat(target).doesNotExist();
            }
        }
    }

    @Test
    void refusesWhatIsNoZip() throws IOException {
        Files.writeString(archive, "PK but not really");
        assertRefused(ArchiveLimits.standard(), ErrorCode.INVALID, "not a complete zip");
        Files.write(archive, new byte[0]);
        assertRefused(ArchiveLimits.standard(), ErrorCode.INVALID, "not a complete zip");
    }

    private long unpack(Zips zip) throws IOException {
        Files.write(archive, zip.bytes());
        return new ArchiveUnpacker(ArchiveLimits.standard()).unpack(archive, target);
    }

    private void assertRefused(Zips zip, ErrorCode code, String says) throws IOException {
        assertRefused(zip, ArchiveLimits.standard(), code, says);
    }

    private void assertRefused(Zips zip, ArchiveLimits limits, ErrorCode code, String says)
            throws IOException {
        Files.write(archive, zip.bytes());
        assertRefused(limits, code, says);
    }

    private void assertRefused(ArchiveLimits limits, ErrorCode code, String says) {
        assertThatThrownBy(() -> new ArchiveUnpacker(limits).unpack(archive, target))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> {
                            assertThat(e.code()).isEqualTo(code);
                            assertThat(e.text()).contains(says);
                        });
        assertThat(target).doesNotExist();
    }
}
