package io.millrace.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.Secrets.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
final class SecretStoreTest {
    private static final ProjectId GRID = new ProjectId("grid");
    private static final ProjectId SHOP = new ProjectId("shop");
    private static final ResourceName NAME = new ResourceName("plant-broker");
    private static final String HIDDEN = "hunter2 = ünder\n the \u0000 bridge";

    @TempDir private Path folder;
    private SecretStore store;

    @BeforeEach
    void open() {
        store = SecretStore.open(folder.resolve("secrets"));
    }

    @Test
    void givesBackWhatWasSetAlsoAfterOpeningAgain() {
        store.put(GRID, NAME, Map.of("user", "anna", "password", HIDDEN, "empty", ""));
        Secret found = SecretStore.open(folder.resolve("secrets")).find(GRID, NAME).orElseThrow();
        assertThat(found.values())
                .isEqualTo(Map.of("user", "anna", "password", HIDDEN, "empty", ""));
    }

    @Test
    void replacesASecretAsAWhole() {
        store.put(GRID, NAME, Map.of("user", "anna", "password", "a"));
        store.put(GRID, NAME, Map.of("password", "b"));
        assertThat(store.find(GRID, NAME)).contains(new Secret(Map.of("password", "b")));
    }

    @Test
    void keepsProjectsApart() {
        store.put(GRID, NAME, Map.of("user", "anna"));
        assertThat(store.find(SHOP, NAME)).isEmpty();
        assertThat(store.names(SHOP)).isEmpty();
        assertThat(store.names(GRID)).containsExactly(NAME);
        assertThat(store.delete(SHOP, NAME)).isFalse();
        assertThat(store.delete(GRID, NAME)).isTrue();
        assertThat(store.find(GRID, NAME)).isEmpty();
    }

    @Test
    void onlyTheOwnerMayReadIt() throws IOException {
        store.put(GRID, NAME, Map.of("user", "anna"));
        Path file = folder.resolve("secrets/grid/plant-broker");
        assertThat(permissions(file)).isEqualTo("rw-------");
        assertThat(permissions(folder.resolve("secrets/grid"))).isEqualTo("rwx------");
        assertThat(permissions(folder.resolve("secrets"))).isEqualTo("rwx------");
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void aFolderThatOthersCouldReadIsTakenFromThem() throws IOException {
        Path open = Files.createDirectory(folder.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        SecretStore.open(open);
        assertThat(permissions(open)).isEqualTo("rwx------");
    }

    @Test
    void whatACrashLeftHalfWrittenIsNoSecret() throws IOException {
        store.put(GRID, NAME, Map.of("user", "anna"));
        Files.writeString(folder.resolve("secrets/grid/.other123.new"), "millrace-se");
        assertThat(store.names(GRID)).containsExactly(NAME);
    }

    @Test
    void aDamagedFileIsNamedAndItsContentIsNot() throws IOException {
        store.put(GRID, NAME, Map.of("password", "hunter2"));
        Path file = folder.resolve("secrets/grid/plant-broker");
        Files.writeString(file, "millrace-secret 1\npassword hunter2!\n");
        assertThatThrownBy(() -> store.find(GRID, NAME))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("plant-broker is damaged in line 2")
                .hasMessageNotContaining("hunter2")
                .hasNoCause();
    }

    @Test
    void refusesNothingAndBadNamesAndTooMuchWithoutSayingTheValues() {
        assertRefused(Map.of(), ErrorCode.INVALID, "at least one value");
        assertRefused(Map.of("a b", HIDDEN), ErrorCode.INVALID, "the name of a value 'a b'");
        assertRefused(Map.of("a", "hunter2".repeat(20_000)), ErrorCode.TOO_LARGE, "allowed are");
        assertThat(store.names(GRID)).isEmpty();
    }

    private void assertRefused(Map<String, String> values, ErrorCode code, String message) {
        assertThatThrownBy(() -> store.put(GRID, NAME, values))
                .hasMessageContaining(message)
                .hasMessageNotContaining("hunter2")
                .extracting(e -> ((MillraceException) e).code())
                .isEqualTo(code);
    }

    @Test
    void aSecretNeverShowsItsValues() {
        store.put(GRID, NAME, Map.of("user", "anna", "password", "hunter2"));
        Secret secret = store.find(GRID, NAME).orElseThrow();
        assertThat(secret + " " + store.find(GRID, NAME)).doesNotContain("hunter2", "anna");
        assertThatThrownBy(() -> secret.require("ca"))
                .hasMessageContaining("it has [password, user]")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void tellsOfEveryChangeUntilTheWatchIsClosed() {
        List<String> heard = new ArrayList<>();
        var watch = store.watch((project, name) -> heard.add(project + "/" + name));
        store.put(GRID, NAME, Map.of("user", "anna"));
        store.delete(GRID, NAME);
        store.delete(GRID, NAME);
        watch.close();
        store.put(GRID, NAME, Map.of("user", "anna"));
        assertThat(heard).containsExactly("grid/plant-broker", "grid/plant-broker");
    }

    @Test
    void secretsOfProjectsThatAreGoneGoToo() throws IOException {
        store.put(GRID, NAME, Map.of("user", "anna"));
        store.put(SHOP, NAME, Map.of("user", "bert"));
        Files.writeString(folder.resolve("secrets/grid/.other123.new"), "millrace-se");
        store.deleteAll(GRID);
        assertThat(folder.resolve("secrets/grid")).doesNotExist();
        store.put(GRID, NAME, Map.of("user", "carl"));
        store.retain(List.of(SHOP));
        assertThat(store.names(GRID)).isEmpty();
        assertThat(store.names(SHOP)).containsExactly(NAME);
    }
}
