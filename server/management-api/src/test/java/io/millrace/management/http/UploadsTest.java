package io.millrace.management.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.management.http.TestServer.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class UploadsTest {
    private static final String MODEL = "/projects/default/models/m";
    private static final byte[] BAD = "not a model".getBytes(StandardCharsets.UTF_8);

    private final TestServer server = new TestServer();

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void keepsContentUnderItsHash() {
        String sha256 = MemoryBlobs.sha256(TestServer.GOOD);
        String path = "/projects/default/blobs/" + sha256;
        assertThat(head(path)).isEqualTo(404);

        Answer kept = server.post("/projects/default/blobs", TestServer.GOOD);

        assertThat(kept.status()).isEqualTo(201);
        assertThat(kept.text("/sha256")).isEqualTo(sha256);
        assertThat(kept.text("/uri")).isEqualTo("blob:sha256:" + sha256);
        assertThat(head(path)).isEqualTo(200);
        assertThat(head("/projects/default/blobs/no-hash")).isEqualTo(404);
        assertThat(server.post("/projects/none/blobs", TestServer.GOOD).status()).isEqualTo(404);
    }

    private int head(String path) {
        return server.send("HEAD", path, BodyPublishers.noBody()).status();
    }

    @Test
    void refusesContentThatIsTooLargeOrEmpty() {
        Answer large = server.post("/projects/default/blobs", new byte[300_000]);
        assertThat(large.status()).isEqualTo(413);
        var unknownLength =
                BodyPublishers.ofInputStream(
                        () -> new java.io.ByteArrayInputStream(new byte[300_000]));
        assertThat(server.send("POST", "/projects/default/blobs", unknownLength).status())
                .isEqualTo(413);
        assertThat(server.post("/projects/default/blobs", new byte[0]).status()).isEqualTo(400);
    }

    @Test
    void anUploadCreatesTheModelAndWaitsForTheVersion() {
        Answer answer = server.post(MODEL + "/versions/1?framework=tensorflow", TestServer.GOOD);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().at("/version").asInt()).isEqualTo(1);
        assertThat(answer.text("/state")).isEqualTo("Ready");
        assertThat(answer.text("/sha256")).isEqualTo(MemoryBlobs.sha256(TestServer.GOOD));
        Answer model = server.get(MODEL);
        assertThat(model.text("/spec/framework")).isEqualTo("tensorflow");
        assertThat(model.text("/spec/versions/0/uri"))
                .isEqualTo("blob:sha256:" + MemoryBlobs.sha256(TestServer.GOOD));
        assertThat(model.text("/status/conditions/0/status")).isEqualTo("True");
    }

    @Test
    void aVersionIsNeverReplaced() {
        server.post(MODEL + "/versions/1", TestServer.GOOD);

        Answer again = server.post(MODEL + "/versions/1", TestServer.GOOD);

        assertThat(again.status()).isEqualTo(409);
        assertThat(again.text("/detail")).contains("version 1");
    }

    @Test
    void aRejectedVersionIsNotKept() {
        server.post(MODEL + "/versions/1", TestServer.GOOD);

        Answer rejected = server.post(MODEL + "/versions/2", BAD);

        assertThat(rejected.status()).isEqualTo(400);
        assertThat(rejected.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(rejected.text("/detail")).contains("no saved_model.pb in it");
        assertThat(server.get(MODEL).json().at("/spec/versions").size()).isEqualTo(1);
        assertThat(server.post(MODEL + "/versions/2", TestServer.GOOD).status()).isEqualTo(200);
    }

    @Test
    void aModelWhoseOnlyVersionWasRejectedIsNotKeptEither() {
        assertThat(server.post(MODEL + "/versions/1", BAD).status()).isEqualTo(400);

        assertThat(server.get(MODEL).status()).isEqualTo(404);
    }

    @Test
    void theFrameworkMustFit() {
        server.post(MODEL + "/versions/1", TestServer.GOOD);

        Answer answer = server.post(MODEL + "/versions/2?framework=onnx", TestServer.GOOD);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text("/detail")).contains("tensorflow").contains("onnx");
        assertThat(server.post(MODEL + "/versions/0", TestServer.GOOD).status()).isEqualTo(400);
        assertThat(server.post(MODEL + "/versions/x", TestServer.GOOD).status()).isEqualTo(400);
    }

    private static String form(String disposition) {
        return "--XYZ\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"
                + "--XYZ\r\nContent-Disposition: form-data; "
                + disposition
                + "\r\nContent-Type: application/zip\r\n\r\n"
                + new String(TestServer.GOOD, StandardCharsets.UTF_8)
                + "\r\n--XYZ--\r\n";
    }

    @Test
    void takesTheFirstFileOfAForm() {
        Answer answer =
                server.post(
                        MODEL + "/versions/1",
                        form("name=\"Payload\"; filename=\"m.zip\""),
                        "Content-Type",
                        "multipart/form-data; boundary=XYZ");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text("/sha256")).isEqualTo(MemoryBlobs.sha256(TestServer.GOOD));
    }

    @Test
    void aFormWithoutAFileOrBoundaryIsRefused() {
        String path = MODEL + "/versions/1";
        Answer noFile =
                server.post(
                        path,
                        form("name=\"Payload\""),
                        "Content-Type",
                        "multipart/form-data; boundary=XYZ");
        assertThat(noFile.status()).isEqualTo(400);
        assertThat(noFile.text("/detail")).contains("no part with a file name");
        Answer noBoundary = server.post(path, form("x"), "Content-Type", "multipart/form-data");
        assertThat(noBoundary.status()).isEqualTo(400);
        Answer truncated =
                server.post(
                        path,
                        "--XYZ\r\nContent-Disposition: form-data; filename=\"m.zip\"\r\n\r\nabc",
                        "Content-Type",
                        "multipart/form-data; boundary=XYZ");
        assertThat(truncated.status()).isEqualTo(400);
        assertThat(server.get(MODEL).status()).isEqualTo(404);
    }

    @Test
    void givesCertificatesToDataSourcesThatExist() {
        server.apply(
                """
                apiVersion: millrace.io/v1
                kind: DataSource
                metadata: {name: camera}
                spec: {mqtt: {}, fields: [{name: image, topic: images}]}
                """);

        Answer answer = server.post("/projects/default/datasources/camera/certificates", "");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualTo("application/zip");
        assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
        assertThat(answer.response().body()).isEqualTo("zip of default/camera");
        assertThat(server.post("/projects/default/datasources/x/certificates", "").status())
                .isEqualTo(404);
    }
}
