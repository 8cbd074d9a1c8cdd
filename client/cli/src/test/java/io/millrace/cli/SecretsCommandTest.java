package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.FakeApi;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class SecretsCommandTest {
    private static final String ONE = "/api/v1/projects/grid/secrets/plant";
    private static final String ANSWER = "{\"name\":\"plant\",\"values\":[\"password\",\"user\"]}";

    @TempDir private Path folder;
    private FakeApi api;

    @BeforeEach
    void start() throws IOException {
        api = new FakeApi();
        api.json("PUT " + ONE, ANSWER);
        api.json("DELETE " + ONE, ANSWER);
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private CliRun run(String input, String... arguments) {
        return CliRun.of(api, folder, input, arguments);
    }

    @Test
    void readsValuesFromArgumentsFilesAndStandardInput() throws IOException {
        Files.writeString(folder.resolve("ca.crt"), "line 1\nline 2\n\n");
        CliRun run =
                run(
                        "hunter2\n",
                        "secrets",
                        "set",
                        "plant",
                        "user=a=b",
                        "password=@-",
                        "ca=@ca.crt",
                        "--project",
                        "grid");
        assertThat(run).isEqualTo(new CliRun(0, "secret plant set: password, user\n", ""));
        assertThat(api.last("PUT").text())
                .isEqualTo(
                        "{\"user\":\"a=b\",\"password\":\"hunter2\",\"ca\":\"line 1\\nline 2\\n\"}");
    }

    @Test
    void whatIsWrongIsSaidWithoutTheValue() throws IOException {
        Files.write(folder.resolve("broken"), new byte[] {'h', 'u', 'n', (byte) 0xff});
        assertRefused("must be KEY=VALUE", "hunter2");
        assertRefused("must be KEY=VALUE", "=hunter2");
        assertRefused("'a' is there twice", "a=hunter2", "a=hunter2");
        assertRefused("there is no file missing for 'a'", "a=@missing");
        assertRefused("'a' is not UTF-8", "a=@broken");
        assertRefused("one value only", "a=@-", "b=@-");
        assertThat(api.requests()).isEmpty();
    }

    private void assertRefused(String message, String... values) {
        var arguments = new java.util.ArrayList<>(java.util.List.of("secrets", "set", "plant"));
        arguments.addAll(java.util.List.of(values));
        CliRun run = run("hunter2", arguments.toArray(String[]::new));
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains(message).doesNotContain("hun");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void listsAndDeletes() {
        api.json("GET /api/v1/projects/grid/secrets", "{\"items\":[" + ANSWER + "]}");
        assertThat(run("", "secrets", "list", "-p", "grid").out())
                .isEqualTo("NAME   VALUES\nplant  password,user\n");
        assertThat(run("", "secrets", "delete", "plant", "-p", "grid").out())
                .isEqualTo("secret plant deleted\n");
        api.json("GET /api/v1/projects/default/secrets", "{\"items\":[]}");
        assertThat(run("", "secrets", "list").err())
                .isEqualTo("there are no secrets in project default\n");
    }
}
