package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.system.CommandLine.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Resource files of KServe, applied as they are to a real server, with models in a bucket. */
@Timeout(300)
class KServeSystemTest {

    private static final String ROWS = "{\"instances\":[[1,2,3]]}";
    private static final String TENSORS =
            "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":[1,2,3]}]}";

    @TempDir static Path folder;
    private static BucketServer bucket;
    private static ServerProcess server;
    private static Curl curl;

    @RegisterExtension static final ShowsLog LOG = new ShowsLog(() -> server);

    @BeforeAll
    static void start() throws IOException {
        bucket = new BucketServer("reader");
        bucket.put("double/model.onnx", OnnxFile.scaling(2));
        bucket.put("triple/model.onnx", OnnxFile.scaling(3));
        server =
                new ServerProcess(
                                folder.resolve("data"),
                                ServerProcess.Ports.free(),
                                "--models-origins",
                                "https:,http://127.0.0.1:" + bucket.port() + "/models/")
                        .start();
        curl = new Curl(server);
    }

    @AfterAll
    static void stop() {
        server.close();
        bucket.close();
    }

    @Test
    void aServiceIsAppliedCalledChangedAndDeleted() {
        Path account = write("account.yaml", account());
        Path service = write("service.yaml", service("double", "minReplicas: 1"));

        Outcome applied = millrace("apply", "-f", account, "-f", service, "--wait=120s").orFail();
        assertThat(applied.out()).contains("Secret/minio set", "Model/digits created");
        assertThat(applied.err())
                .contains("service.yaml:6:5: 'minReplicas' has no effect")
                .doesNotContain("hidden-words");
        assertThat(answer(ROWS, "/v1/models/digits:predict")).contains("[[2.0,4.0,6.0]]");
        assertThat(answer(TENSORS, "/v2/models/digits/infer")).contains("[2.0,4.0,6.0]");
        assertThat(curl.call("/v2/models/digits/ready").status()).isEqualTo(200);

        assertThat(millrace("diff", "-f", account, "-f", service).exitCode()).isZero();

        Path canary = write("canary.yaml", service("triple", "canaryTrafficPercent: 10"));
        Outcome tried = millrace("apply", "-f", canary, "--wait=120s").orFail();
        assertThat(tried.err()).contains("service account 'models' is not in these files");
        assertThat(server.get("/api/v1/projects/default/models/digits").body())
                .contains("\"canary\":{\"version\":2,\"percent\":10}")
                .contains("\"production\":1");
        // The model is ready while its new version is still being tried.
        await().atMost(Duration.ofMinutes(2))
                .until(() -> call("/v1/models/digits/versions/2:predict").status() == 200);
        assertThat(answer(ROWS, "/v1/models/digits/versions/2:predict"))
                .contains("[[3.0,6.0,9.0]]");
        assertThat(shareOfTheNew()).isBetween(1, 60);

        Path promoted = write("promoted.yaml", service("triple", ""));
        millrace("apply", "-f", account, "-f", promoted, "--wait=120s").orFail();
        assertThat(answer(ROWS, "/v1/models/digits:predict")).contains("[[3.0,6.0,9.0]]");

        Outcome deleted = millrace("delete", "-f", account, "-f", promoted).orFail();
        assertThat(deleted.out()).contains("Model/digits deleted", "Secret/minio deleted");
        assertThat(curl.call("/v1/models/digits").status()).isEqualTo(404);
    }

    @Test
    void aFileBesideTheManifestIsUploaded() throws IOException {
        Files.write(folder.resolve("five.onnx"), OnnxFile.scaling(5));
        Path service =
                write(
                        "local.yaml",
                        """
                        apiVersion: serving.kserve.io/v1beta1
                        kind: InferenceService
                        metadata: {name: five}
                        spec:
                          predictor:
                            model: {modelFormat: {name: onnx}, storageUri: "file://five.onnx"}
                        """);
        millrace("apply", "-f", service, "--wait=120s").orFail();
        assertThat(answer(ROWS, "/v1/models/five:predict")).contains("[[5.0,10.0,15.0]]");
        assertThat(millrace("apply", "-f", service).orFail().out())
                .contains("Model/five unchanged");
    }

    @Test
    void whatCannotBeHadIsRefusedByNameAndNothingIsApplied() {
        Path service =
                write(
                        "refused.yaml",
                        """
                        apiVersion: serving.kserve.io/v1beta1
                        kind: InferenceService
                        metadata: {name: refused}
                        spec:
                          explainer: {art: {}}
                          predictor:
                            sklearn: {storageUri: "gs://models/x"}
                        """);
        Outcome outcome = millrace("apply", "-f", service);
        assertThat(outcome.exitCode()).isNotZero();
        assertThat(outcome.err())
                .contains("refused.yaml:5:3: 'explainer' is not available")
                .contains("refused.yaml:7:5: 'sklearn' is not available");
        assertThat(curl.call("/v1/models/refused").status()).isEqualTo(404);
    }

    /** How many of three hundred calls the canary answers: about a tenth, by chance. */
    private static int shareOfTheNew() {
        int news = 0;
        for (int i = 0; i < 300; i++) {
            String body = server.post("/v1/models/digits:predict", "application/json", ROWS).body();
            news += body.replace(" ", "").contains("[3.0,6.0,9.0]") ? 1 : 0;
        }
        return news;
    }

    private static Curl.Answer call(String path) {
        return curl.post(path, ROWS);
    }

    private static String answer(String body, String path) {
        Curl.Answer answer = curl.post(path, body);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.body().replace(" ", "").replace("\n", "");
    }

    private static String account() {
        return """
        apiVersion: v1
        kind: Secret
        metadata:
          name: minio
          annotations:
            serving.kserve.io/s3-endpoint: 127.0.0.1:%d
            serving.kserve.io/s3-usehttps: "0"
        type: Opaque
        stringData: {AWS_ACCESS_KEY_ID: reader, AWS_SECRET_ACCESS_KEY: hidden-words}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: models}
        secrets: [{name: minio}]
        """
                .formatted(bucket.port());
    }

    private static String service(String model, String more) {
        return """
        apiVersion: serving.kserve.io/v1beta1
        kind: InferenceService
        metadata: {name: digits, namespace: default}
        spec:
          predictor:
            %s
            serviceAccountName: models
            model:
              modelFormat: {name: onnx}
              storageUri: s3://models/%s
        """
                .formatted(more, model);
    }

    private static Outcome millrace(Object... arguments) {
        String[] words = new String[arguments.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = arguments[i].toString();
        }
        return CommandLine.millrace(server, words);
    }

    private static Path write(String name, String text) {
        try {
            return Files.writeString(folder.resolve(name), text);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
