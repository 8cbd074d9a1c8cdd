package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.FakeApi;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

@Timeout(30)
class ModelsCommandsTest {

    private static final String MODEL = "/api/v1/projects/default/models/m";
    private static final String UPLOADED = "{\"version\":1,\"state\":\"Ready\"}";

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

    private static String model(int production, int observed, String state, String message) {
        return """
        {"apiVersion":"millrace.io/v1","kind":"Model",
         "metadata":{"project":"default","name":"m","generation":5,"revision":9},
         "spec":{"framework":"onnx","versions":[{"version":1,"uri":"s3://models/m/1"},
           {"version":2,"uri":"https://h/m"}],"aliases":{"previous":2,"production":%d},
           "batching":{"maxBatchSize":64,"maxDelay":"5ms","maxQueuedItems":4096,"workers":0},
           "traffic":{"canary":{"version":2,"percent":10,"stickyHeader":"x-user"}},
           "signatureChange":"refuse"},
         "status":%s}\
        """
                .formatted(production, status(observed, state, message));
    }

    private static String status(int observed, String state, String message) {
        return """
        {"conditions":[{"type":"Ready","status":"True","reason":"Serving","message":"",
           "lastTransitionTime":"2020-01-01T00:00:00Z","observedGeneration":%d}],
         "details":{"framework":"onnx","serving":"version 1"},
         "versions":[
          {"version":1,"state":"Ready","message":"","sha256":"0123456789abcdef","sizeBytes":1500,
           "signature":"x -> y","origin":"s3://models/m/1","loaded":true,
           "checks":[{"name":"batch","result":"rows are independent"}]},
          {"version":2,"state":"%s","message":"%s","sha256":"","sizeBytes":0,
           "signature":"","origin":"https://h/m","loaded":false,"checks":[]}]}\
        """
                .formatted(observed, state, message);
    }

    private static String traffic(String rule, int serving, String remark) {
        return """
        {"rule":%s,"serving":%d,"remark":"%s",
         "versions":[{"version":1,"calls":90,"errors":1,"medianMillis":0.25,"p99Millis":12.5}],
         "comparison":{"version":2,"compared":40,"agreed":30,"failed":2,"notMirrored":1}}\
        """
                .formatted(rule, serving, remark);
    }

    @Test
    void uploadsAZipAsItIs() throws IOException {
        Files.writeString(folder.resolve("m.zip"), "zip");
        String path = "POST /api/v1/projects/fashion/models/m/versions/3";
        api.json(
                path,
                "{\"version\":3,\"state\":\"Ready\",\"sizeBytes\":1500,\"signature\":\"x -> y\"}");

        CliRun run = run("models", "upload", "m", "m.zip", "--model-version", "3", "-p", "fashion");

        assertThat(run).isEqualTo(new CliRun(0, "Model/m version 3 Ready, 1.5 kB, x -> y\n", ""));
        assertThat(api.last(path).text()).isEqualTo("zip");
    }

    @Test
    void saysWhyAVersionWasRejected() throws IOException {
        Files.writeString(folder.resolve("m.zip"), "zip");
        String path = "POST " + MODEL + "/versions/1?framework=tensorflow";
        api.problem(path, 400, "INVALID", "there is no saved_model.pb in the archive", "");
        CliRun run =
                run(
                        "models",
                        "upload",
                        "m",
                        "m.zip",
                        "--model-version",
                        "1",
                        "--framework",
                        "tensorflow");
        assertThat(run)
                .isEqualTo(
                        new CliRun(1, "", "millrace: there is no saved_model.pb in the archive\n"));
    }

    @Test
    void packsASingleFileAndTellsItsFramework() throws IOException {
        Files.writeString(folder.resolve("Digits.onnx"), "the model");
        String path = "POST " + MODEL + "/versions/1?framework=onnx";
        api.json(path, UPLOADED);

        CliRun run = run("models", "upload", "m", "Digits.onnx", "--model-version", "1");

        assertThat(run).isEqualTo(new CliRun(0, "Model/m version 1 Ready\n", ""));
        try (var zip = new ZipInputStream(new ByteArrayInputStream(api.last(path).body()))) {
            assertThat(zip.getNextEntry().getName()).isEqualTo("model.onnx");
            assertThat(zip.readAllBytes()).asString().isEqualTo("the model");
            assertThat(zip.getNextEntry()).isNull();
        }
    }

    @Test
    void packsAFolderInTheOrderOfItsNames() throws IOException {
        Path saved = Files.createDirectories(folder.resolve("saved/variables"));
        Files.writeString(saved.resolve("variables.index"), "i");
        Files.writeString(folder.resolve("saved/saved_model.pb"), "p");
        Files.writeString(folder.resolve("saved/a.onnx"), "an asset");
        String path = "POST " + MODEL + "/versions/1?framework=tensorflow";
        api.json(path, UPLOADED);

        assertThat(run("models", "upload", "m", "saved", "--model-version", "1").code()).isZero();

        try (var zip = new ZipInputStream(new ByteArrayInputStream(api.last(path).body()))) {
            assertThat(zip.getNextEntry().getName()).isEqualTo("a.onnx");
            assertThat(zip.getNextEntry().getName()).isEqualTo("saved_model.pb");
            assertThat(zip.getNextEntry().getName()).isEqualTo("variables/variables.index");
        }
    }

    @Test
    void refusesWhatIsNoModelBeforeItIsSent() throws IOException {
        Files.writeString(folder.resolve("m.txt"), "text");
        Files.write(folder.resolve("m.tgz"), new byte[] {0x1f, (byte) 0x8b, 8});
        Files.createDirectories(folder.resolve("empty"));

        assertRefused("m.txt", "m.txt: is neither a zip nor a .onnx");
        assertRefused("m.tgz", "m.tgz: is a gzip; pack the model with zip");
        assertRefused("empty", "empty: is a folder without files");
        assertRefused("none.zip", "none.zip: there is no such file");
        assertThat(api.lines()).isEmpty();
        assertThat(run("models", "upload", "m", "--model-version", "1").code()).isEqualTo(2);
    }

    private void assertRefused(String file, String reason) {
        CliRun run = run("models", "upload", "m", file, "--model-version", "1");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains(reason);
    }

    @Test
    void hasTheServerFetchAVersion() {
        String path = "POST " + MODEL + "/versions";
        api.json(path, UPLOADED);

        CliRun run =
                run("models", "upload", "m", "--from", "s3://models/m/1", "--model-version", "1");

        assertThat(run.code()).isZero();
        assertThat(api.last(path).text()).isEqualTo("{\"version\":1,\"uri\":\"s3://models/m/1\"}");
    }

    @Test
    void listsWhatServes() {
        api.json(
                "GET /api/v1/projects/default/models?limit=500",
                "{\"items\":[" + model(1, 5, "Rejected", "no") + "]}");

        assertThat(run("models", "list").out())
                .isEqualTo(
                        """
                        NAME  FRAMEWORK  SERVING  VERSIONS  TRAFFIC
                        m     onnx       1        1/2       canary 2 10%
                        """);
        assertThat(run("models", "list", "-o", "yaml").out()).contains("signatureChange: refuse");
    }

    @Test
    void describesAModelAndItsTraffic() {
        api.json("GET " + MODEL, model(1, 5, "Rejected", "it answers NaN"));
        api.json("GET " + MODEL + "/traffic", traffic("{\"byAlias\":{}}", 1, "2 is not ready"));

        CliRun run = run("models", "describe", "m");

        assertThat(run.code()).isZero();
        assertThat(run.out())
                .isEqualTo(
                        """
                        Model/m
                          project     default
                          framework   onnx
                          serving     1
                          ready       True Serving
                          remark      2 is not ready
                          aliases     previous=2, production=1
                          traffic     10% of the calls to version 2, divided by the header x-user; the rest by alias
                          batching    up to 64 items, delay 5ms, queue 4096, workers one for each core
                          signature   a change is refused

                        Version 1
                          state       Ready
                          loaded      yes
                          origin      s3://models/m/1
                          sha256      0123456789ab
                          size        1.5 kB
                          signature   x -> y
                          check       batch: rows are independent

                        Version 2
                          state       Rejected
                          reason      it answers NaN
                          loaded      no
                          origin      https://h/m

                        Traffic
                          VERSION  CALLS  ERRORS  MEDIAN    P99
                          1        90     1       0.250 ms  12.5 ms
                          shadow 2: agrees in 75.0% of 40 calls; it failed 2; not mirrored 1
                        """);
        assertThat(run("models", "describe", "m", "-o", "json").out())
                .contains("\"traffic\"", "\"model\"");
    }

    private static final String DRIFT =
            """
            {"monitor":{"sample":1.0,"reference":{"records":5000},"window":{"records":1000},
               "distance":"psi","threshold":0.2,"after":3},"skipped":7,
             "versions":[
              {"version":1,"state":"Drifted","message":"input x differs","referenceRecords":5000,
               "referenceWanted":5000,"windows":9,"windowRecords":3,"distance":0.51234,
               "features":[
                {"part":"prediction","name":"y","distance":0.0,"limit":0.2,"above":0,"outside":0.0,
                 "reference":{"count":5000,"mean":0.5,"variance":0.1,"min":0.0,"max":1.0},
                 "window":{"count":1000,"mean":0.5,"variance":0.1,"min":0.0,"max":1.0}},
                {"part":"input","name":"x","distance":0.51234,"limit":0.2,"above":3,"outside":0.125,
                 "reference":{"count":5000,"mean":0.5,"variance":0.1,"min":0.0,"max":1.0},
                 "window":{"count":1000,"mean":2.0,"variance":0.1,"min":0.5,"max":3.0}}],
               "quality":{"joined":40,"unmatched":2,"unlabelled":3,"compared":40,
                "trainingError":0.1,"rmse":0.3,"mae":0.2,"naiveCompared":39,"naiveRmse":0.25,
                "naiveMae":0.2,"worseThanNaive":true}}]}\
            """;

    @Test
    void showsHowFarAModelHasDrifted() {
        api.json("GET " + MODEL + "/drift", DRIFT);

        CliRun run = run("models", "drift", "m");

        assertThat(run)
                .isEqualTo(
                        new CliRun(
                                0,
                                """
                                Model/m: windows of 1000 records against the first 5000, psi above 0.2 3 in a row

                                Version 1 Drifted: 9 windows compared, distance of the last 0.5123; input x differs
                                  PART        FEATURE  DISTANCE  LIMIT   ABOVE  OUTSIDE  MEAN    WAS     RANGE            WAS RANGE
                                  input       x        0.5123    0.2000  3      12.5%    2.000   0.5000  0.5000 to 3.000  0 to 1.000
                                  prediction  y        0         0.2000  0      0.0%     0.5000  0.5000  0 to 1.000       0 to 1.000
                                  rmse 0.3000, mae 0.2000 over the last 40, the last label 0.2500 and 0.2000, in training 0.1000; worse than a guess without a model; 40 labels joined, 2 without prediction, 3 predictions without label
                                7 calls were not looked at, since too many waited
                                """,
                                ""));
        assertThat(run("models", "drift", "m:2").out()).contains("no calls yet");
        assertThat(run("models", "drift", "m", "-o", "json").out()).contains("\"skipped\"");
    }

    @Test
    void describesOneVersion() {
        api.json(
                "GET " + MODEL + "/versions/2",
                "{\"version\":2,\"state\":\"Probing\",\"origin\":\"https://h/m\"}");

        assertThat(run("models", "describe", "m:2").out())
                .contains("Version 2\n", "  state       Probing\n");
        CliRun wrong = run("models", "describe", "m:x");
        assertThat(wrong.code()).isEqualTo(1);
        assertThat(wrong.err()).contains("as in digits:2, got 'm:x'");
    }

    @Test
    void promotesAndWaitsUntilTheVersionAnswers() {
        api.json("POST " + MODEL + "/promote", model(2, 4, "Probing", ""));
        api.json("GET " + MODEL, model(2, 4, "Probing", ""));
        api.json("GET " + MODEL, model(2, 5, "Ready", ""));
        api.json("GET " + MODEL + "/traffic", traffic("{\"byAlias\":{}}", 1, ""));
        api.json("GET " + MODEL + "/traffic", traffic("{\"byAlias\":{}}", 2, ""));

        CliRun run = run("models", "promote", "m", "2");

        assertThat(run).isEqualTo(new CliRun(0, "Model/m version 2 serves\n", ""));
        assertThat(api.last("POST").text()).isEqualTo("{\"version\":2}");
        assertThat(api.lines().stream().filter(("GET " + MODEL)::equals)).hasSize(3);
    }

    @Test
    void saysWhyAPromotedVersionDoesNotServe() {
        api.json("POST " + MODEL + "/promote", model(2, 5, "Ready", ""));
        api.json("GET " + MODEL, model(2, 5, "Ready", ""));
        api.json(
                "GET " + MODEL + "/traffic",
                traffic("{\"byAlias\":{}}", 1, "version 2 has another signature"));

        CliRun changed = run("models", "promote", "m", "2");

        assertThat(changed.code()).isEqualTo(1);
        assertThat(changed.err())
                .isEqualTo(
                        "millrace: Model/m version 2 does not serve:"
                                + " version 2 has another signature\n");
    }

    @Test
    void aVersionThatIsRejectedWhileItIsWaitedForFailsThePromotion() {
        api.json("POST " + MODEL + "/promote", model(2, 5, "Probing", ""));
        api.json("GET " + MODEL, model(2, 5, "Rejected", "it answers NaN"));

        CliRun run = run("models", "promote", "m", "2", "--allow-signature-change");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("it was rejected: it answers NaN");
        assertThat(api.last("POST").text())
                .isEqualTo("{\"version\":2,\"allowSignatureChange\":true}");
    }

    @Test
    void waitsNoLongerThanItIsTold() {
        api.json("POST " + MODEL + "/promote", model(2, 5, "Probing", ""));
        api.json("GET " + MODEL, model(2, 4, "Probing", ""));

        CliRun run = run("models", "promote", "m", "2", "--timeout", "0s");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("it does not answer after 0 s, it is Probing");

        CliRun hurried = run("models", "promote", "m", "2", "--no-wait");
        assertThat(hurried).isEqualTo(new CliRun(0, "Model/m version 2 promoted\n", ""));
    }

    @Test
    void rollsBack() {
        api.json("POST " + MODEL + "/rollback", model(1, 5, "Ready", ""));
        api.json("GET " + MODEL, model(1, 5, "Ready", ""));
        api.json("GET " + MODEL + "/traffic", traffic("{\"byAlias\":{}}", 1, ""));

        assertThat(run("models", "rollback", "m"))
                .isEqualTo(new CliRun(0, "Model/m version 1 serves\n", ""));
    }

    @Test
    void setsTheRuleForTraffic() {
        assertRule(
                "{\"canary\":{\"version\":2,\"percent\":10,\"stickyHeader\":\"x-user\"}}",
                "--canary",
                "2",
                "--percent",
                "10",
                "--sticky",
                "x-user");
        assertRule("{\"shadow\":{\"version\":2}}", "--shadow", "2");
        assertRule("{\"shadow\":{\"version\":2,\"percent\":5}}", "--shadow", "2", "--percent", "5");
        assertRule("{\"pinned\":{\"version\":1}}", "--pin", "1");
        assertRule("{\"byAlias\":{}}", "--by-alias");
    }

    @Test
    void namesTheFieldAndNoLineOfABodyThatNobodyWrote() {
        api.problem(
                "PUT " + MODEL + "/traffic",
                400,
                "INVALID",
                "line 1:34: must be from 0 to 100, was 1000",
                "{\"source\":\"document 1\",\"line\":1,\"column\":34,"
                        + "\"pointer\":\"/canary/percent\","
                        + "\"message\":\"must be from 0 to 100, was 1000\"}");

        CliRun run = run("models", "traffic", "m", "--canary", "2", "--percent", "1000");

        assertThat(run)
                .isEqualTo(
                        new CliRun(
                                1,
                                "",
                                "millrace: canary.percent: must be from 0 to 100, was 1000\n"));
    }

    private void assertRule(String rule, String... options) {
        String path = "PUT " + MODEL + "/traffic";
        api.json(path, traffic(rule, 1, ""));
        String[] arguments = new String[3 + options.length];
        arguments[0] = "models";
        arguments[1] = "traffic";
        arguments[2] = "m";
        System.arraycopy(options, 0, arguments, 3, options.length);
        CliRun run = run(arguments);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).startsWith("Model/m: ");
        assertThat(api.last(path).text()).isEqualTo(rule);
    }

    @Test
    void refusesOptionsThatMakeNoRule() {
        for (String[] arguments :
                new String[][] {
                    {"models", "traffic", "m", "--canary", "2"},
                    {"models", "traffic", "m", "--canary", "2", "--shadow", "1"},
                    {"models", "traffic", "m", "--percent", "2"},
                    {"models", "traffic", "m", "--shadow", "2", "--sticky", "x"}
                }) {
            assertThat(run(arguments).code()).isEqualTo(2);
        }
        assertThat(api.lines()).isEmpty();
    }

    @Test
    void showsTheReport() {
        api.json(
                "GET " + MODEL + "/traffic",
                traffic("{\"shadow\":{\"version\":2,\"percent\":50}}", 1, ""));

        assertThat(run("models", "traffic", "m").out())
                .isEqualTo(
                        """
                        Model/m: by alias; 50% of the calls also to version 2, compared and thrown away
                        version 1 serves
                        VERSION  CALLS  ERRORS  MEDIAN    P99
                        1        90     1       0.250 ms  12.5 ms
                        shadow 2: agrees in 75.0% of 40 calls; it failed 2; not mirrored 1
                        """);
        assertThat(run("models", "traffic", "m", "-o", "json").out()).contains("\"agreed\" : 30");
    }

    @Test
    void deletesAModelOrAVersion() {
        api.json("DELETE " + MODEL + "/versions/1", model(2, 5, "Ready", ""));
        api.problem("DELETE " + MODEL + "/versions/2", 409, "CONFLICT", "alias 'production'", "");
        api.json("DELETE " + MODEL, model(2, 5, "Ready", ""));

        assertThat(run("models", "delete", "m:1", "--yes"))
                .isEqualTo(new CliRun(0, "Model/m version 1 deleted\n", ""));
        assertThat(run("models", "delete", "m:2", "-y"))
                .isEqualTo(new CliRun(1, "", "millrace: alias 'production'\n"));
        assertThat(run("models", "delete", "m", "-y").out()).isEqualTo("Model/m deleted\n");
        CliRun unasked = run("models", "delete", "m");
        assertThat(unasked.code()).isEqualTo(1);
        assertThat(unasked.err()).contains("say --yes to delete Model/m");
    }

    private static final String METADATA =
            """
            {"model_spec":{"name":"m"},"metadata":{"signature_def":{"signature_def":{"serving_default":{
              "inputs":{
               "x":{"dtype":"DT_FLOAT","tensor_shape":{"dim":[{"size":"-1"},{"size":"3"}]}},
               "s":{"dtype":"DT_STRING","tensor_shape":{"dim":[{"size":"-1"}]}},
               "b":{"dtype":"DT_BOOL","tensor_shape":{"dim":[]}}},
              "outputs":{}}}}}}\
            """;

    @Test
    void triesAVersionOnZeros() {
        String served = "/projects/default/v1/models/m/versions/2";
        api.json("GET " + served + "/metadata", METADATA);
        api.json("POST " + served + ":predict", "{\"outputs\":[[NaN,0.5]]}");

        CliRun run = run("models", "test", "m:2");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .startsWith("{\"outputs\":[[\"NaN\",0.5]]}\nModel/m version 2: 20 calls, median ");
        assertThat(JsonMapper.shared().readTree(api.last("POST").text()))
                .isEqualTo(
                        JsonMapper.shared()
                                .readTree(
                                        """
                                        {"signature_name":"serving_default",
                                         "inputs":{"x":[[0,0,0]],"s":[""],"b":false}}\
                                        """));
        assertThat(api.lines()).hasSize(22);
    }

    @Test
    void triesTheServingVersionOnARequestOfTheUsers() throws IOException {
        Files.writeString(folder.resolve("v1.json"), "{\"instances\":[[1]]}");
        Files.writeString(
                folder.resolve("v2.json"),
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1],\"data\":[1]}]}");
        api.json("POST /projects/default/v1/models/m:predict", "{\"predictions\":[1]}");
        api.json("POST /projects/default/v2/models/m/infer", "{\"outputs\":[]}");

        CliRun first =
                run("models", "test", "m", "--input", "v1.json", "--calls", "1", "-o", "json");
        assertThat(first.code()).as(first.err()).isZero();
        assertThat(first.out()).contains("\"predictions\"", "\"calls\" : 1", "\"medianMillis\"");
        assertThat(run("models", "test", "m", "--input", "v2.json").out())
                .startsWith("{\"outputs\":[]}\nModel/m: 20 calls");
    }

    @Test
    void failsWhenTheModelDoes() throws IOException {
        Files.writeString(folder.resolve("in.json"), "{\"instances\":[[1]]}");
        api.answer(
                "POST /projects/default/v1/models/m:predict",
                400,
                "application/json",
                "{\"error\":\"expected 3 numbers, got 1\"}".getBytes(StandardCharsets.UTF_8));

        assertThat(run("models", "test", "m", "--input", "in.json"))
                .isEqualTo(new CliRun(1, "", "millrace: expected 3 numbers, got 1\n"));
        Files.writeString(folder.resolve("bad.json"), "{");
        assertThat(run("models", "test", "m", "--input", "bad.json").err())
                .contains("bad.json is not JSON");
        assertThat(run("models", "test", "m", "--input", "none.json").err())
                .contains("there is no file none.json");
    }

    @Test
    void helpListsWhatCanBeDone() {
        assertThat(run("models", "--help").out())
                .contains("upload", "list", "describe", "test", "promote", "rollback")
                .contains("traffic", "delete", "Example: millrace models upload");
        assertThat(run("help", "models", "traffic").out()).contains("--canary", "--by-alias");
        assertThat(run("models", "promte").err()).contains("promote");
        assertThat(run("models").code()).isEqualTo(2);
    }
}
