package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.FakeApi;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class BucketsCommandTest {
    private static final String STORE = "/api/v1/projects/shop/object-store";
    private static final String USER =
            "\"name\":\"camera\",\"accessKey\":\"MRKEY\",\"made\":\"2026-11-20T20:00:00Z\"";

    @TempDir private Path folder;
    private FakeApi api;

    @BeforeEach
    void start() throws IOException {
        api = new FakeApi();
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private CliRun run(String... arguments) {
        return CliRun.of(api, folder, "", arguments);
    }

    @Test
    void keysAreShownAsClientsWantThem() {
        api.json(
                "PUT " + STORE + "/users/camera",
                "{" + USER + ",\"secretKey\":\"s3cret\",\"endpoint\":\"http://h:9000\"}");
        assertThat(run("buckets", "credentials", "camera", "--project", "shop"))
                .isEqualTo(
                        new CliRun(
                                0,
                                "AWS_ENDPOINT_URL=http://h:9000\nAWS_ACCESS_KEY_ID=MRKEY\nAWS_SECRET_ACCESS_KEY=s3cret\n",
                                ""));
    }

    @Test
    void usersAreListedAndRemoved() {
        api.json("GET " + STORE, "{\"endpoint\":\"http://h:9000\",\"users\":[{" + USER + "}]}");
        CliRun listed = run("buckets", "credentials", "--project", "shop");
        assertThat(listed.err()).isEqualTo("S3 is at http://h:9000\n");
        assertThat(listed.out()).contains("NAME", "camera").contains("MRKEY");
        api.json("DELETE " + STORE + "/users/camera", "{" + USER + "}");
        assertThat(run("buckets", "revoke", "camera", "--project", "shop").out())
                .isEqualTo("user camera of the object store removed\n");
    }

    @Test
    void saysWhenS3IsOff() {
        api.json("GET " + STORE, "{\"users\":[]}");
        assertThat(run("buckets", "credentials", "--project", "shop").err())
                .contains("s3.port is off")
                .contains("millrace buckets credentials NAME");
    }
}
