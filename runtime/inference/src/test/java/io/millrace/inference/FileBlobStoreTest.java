package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileBlobStoreTest {

    private static final String HELLO =
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    @TempDir Path folder;

    @Test
    void keepsContentUnderItsHashOverARestart() throws IOException {
        assertThat(put(open(), "hello", 5)).isEqualTo(HELLO);
        assertThat(put(open(), "hello", 5)).isEqualTo(HELLO);
        var restarted = open();
        assertThat(restarted.contains(HELLO)).isTrue();
        assertThat(restarted.open(HELLO)).hasContent("hello");
    }

    @Test
    void refusesWhatIsTooLargeAndLeavesNothing() throws IOException {
        assertFails(() -> put(open(), "hello", 4), ErrorCode.TOO_LARGE);
        try (var files = Files.walk(folder)) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
    }

    @Test
    void noticesDamageOnDisk() throws IOException {
        put(open(), "hello", 5);
        Files.writeString(open().open(HELLO), "hellx");
        assertFails(() -> open().open(HELLO), ErrorCode.INTERNAL);
    }

    @Test
    void uploadingAgainRepairsDamage() throws IOException {
        put(open(), "hello", 5);
        Files.writeString(open().open(HELLO), "hellx");
        var store = open();
        assertThat(put(store, "hello", 5)).isEqualTo(HELLO);
        assertThat(store.open(HELLO)).hasContent("hello");
        assertThat(open().open(HELLO)).hasContent("hello");
    }

    @Test
    void knowsNothingOfOtherHashes() {
        assertThat(open().contains("../../etc/passwd")).isFalse();
        assertFails(() -> open().open("0".repeat(64)), ErrorCode.NOT_FOUND);
        assertFails(() -> open().open("../../../etc/passwd"), ErrorCode.NOT_FOUND);
    }

    @Test
    void removesWhatACrashLeftBeside() throws IOException {
        Path left = Files.createDirectories(folder.resolve("staging")).resolve("half");
        Files.writeString(left, "half");
        open();
        assertThat(left).doesNotExist();
    }

    private FileBlobStore open() {
        return FileBlobStore.open(folder, IdSource.random());
    }

    private static String put(FileBlobStore store, String content, long limit) {
        return store.put(new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8)), limit);
    }

    private static void assertFails(Runnable call, ErrorCode code) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        MillraceException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
