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

/** Resource files of KServe on the command line. */
@Timeout(30)
class KServeFilesTest {

    private static final String FILE =
            """
            apiVersion: v1
            kind: Secret
            metadata:
              name: minio
              annotations: {serving.kserve.io/s3-endpoint: "minio:9000", serving.kserve.io/s3-usehttps: "0"}
            stringData: {AWS_ACCESS_KEY_ID: who, AWS_SECRET_ACCESS_KEY: hidden-words}
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: models}
            secrets: [{name: minio}]
            ---
            kind: Category
            apiVersion: millrace.io/v1
            metadata: {name: ours}
            spec: {values: [x]}
            ---
            apiVersion: serving.kserve.io/v1beta1
            kind: InferenceService
            metadata: {name: digits}
            spec:
              predictor:
                minReplicas: 2
                serviceAccountName: models
                model: {modelFormat: {name: onnx}, storageUri: "s3://models/digits"}
            """;

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

    @Test
    void setsSecretsBeforeWhatNamesThemAndShowsNoValue() throws IOException {
        write(FILE);
        noModel("default");
        String dry = "POST /api/v1/apply?project=default&dryRun=true";
        String real = "POST /api/v1/apply?project=default&dryRun=false";
        String secret = "PUT /api/v1/projects/default/secrets/minio";
        api.json(dry, "{\"results\":[]}");
        api.json(secret, "{\"name\":\"minio\",\"values\":[]}");
        api.json(
                real,
                "{\"results\":[{\"kind\":\"Model\",\"project\":\"default\",\"name\":\"digits\",\"change\":\"created\"}]}");

        CliRun run = run("apply", "-f", "f.yaml");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).isEqualTo("Secret/minio set\nModel/digits created\n");
        assertThat(run.err())
                .startsWith("warning: f.yaml:23:5: 'minReplicas' has no effect")
                .doesNotContain("hidden-words");
        assertThat(api.lines()).containsSubsequence(dry, secret, real);
        assertThat(api.last(secret).text()).contains("\"secretKey\":\"hidden-words\"");
        assertThat(api.last(real).text())
                .contains("\"kind\":\"Category\"")
                .contains("\"endpoint\":\"http://minio:9000\"")
                .doesNotContain("hidden-words");
    }

    @Test
    void whatTheServerRefusesIsShownAtItsPlaceInTheFile() throws IOException {
        write(FILE);
        noModel("far");
        api.problem(
                "POST /api/v1/apply?project=far&dryRun=true",
                422,
                "INVALID",
                "wrong",
                "{\"line\":4,\"column\":1,\"pointer\":\"/spec/versions/0/uri\",\"message\":\"no such bucket\"}");

        CliRun run = run("apply", "-f", "f.yaml", "--project", "far");

        assertThat(run.code()).isNotZero();
        assertThat(run.err()).contains("f.yaml:25:40: no such bucket");
    }

    @Test
    void deletesWhatTheFilesBecame() throws IOException {
        write(FILE);
        api.json("DELETE /api/v1/categories/ours", "{\"kind\":\"Category\"}");
        api.json("DELETE /api/v1/projects/default/models/digits", "{\"kind\":\"Model\"}");
        api.json("DELETE /api/v1/projects/default/secrets/minio", "{\"name\":\"minio\"}");

        CliRun run = run("delete", "-f", "f.yaml");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out().lines())
                .containsExactly(
                        "Model/digits deleted", "Category/ours deleted", "Secret/minio deleted");
        assertThat(run.err()).isEqualTo("ServiceAccount/models: nothing to delete\n");
    }

    private void noModel(String project) {
        api.problem(
                "GET /api/v1/projects/" + project + "/models/digits",
                404,
                "NOT_FOUND",
                "there is none",
                "");
    }

    private CliRun run(String... arguments) {
        return CliRun.of(api, folder, "", arguments);
    }

    private void write(String text) throws IOException {
        Files.writeString(folder.resolve("f.yaml"), text);
    }
}
