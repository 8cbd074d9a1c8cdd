package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ProjectId;
import io.millrace.client.FakeApi;
import io.millrace.codec.ResourceReader;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

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

    @Test
    void aBucketIsWatchedByADataSourceAndItsSecrets() {
        var watch = new BucketWatch();
        new CommandLine(CommandSpec.forAnnotatedObject(watch))
                .parseArgs(
                        "-b",
                        "images",
                        "-e",
                        "http://ceph:8000",
                        "--region",
                        "default",
                        "-a",
                        "K",
                        "-s",
                        "S",
                        "--suffix",
                        ".jpg",
                        "--address",
                        "http://m:8080/x",
                        "-o",
                        "O");
        assertThat(watch.problem()).isEmpty();
        assertThat(watch.declaration(new ProjectId("shop")))
                .contains("name: \"images\"", "secret: \"images-store\"", "suffix: \".jpg\"")
                .contains("events: {http: {secret: \"images-sender\"}}")
                .doesNotContain("\"S\"", "\"O\"");
        assertThat(
                        ResourceReader.forServer(new ProjectId("shop"))
                                .read("a.yaml", watch.declaration(new ProjectId("shop"))))
                .hasSize(1);
    }

    @Test
    void whatDoesNotGoTogetherIsSaid() {
        assertThat(run("buckets", "watch", "-b", "images", "--poll", "3s").err())
                .contains("the store inside needs none of this");
        assertThat(run("buckets", "watch", "-b", "images", "-e", "aws").err())
                .contains("say how news of objects comes");
        assertThat(run("buckets", "watch", "-b", "images", "-e", "aws", "-a", "K").err())
                .contains("belong together");
    }
}
