package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Inference graphs of two models and a Python function, applied from a file and called by curl. */
@Timeout(300)
class GraphSystemTest {

    private static final String ROWS = "{\"instances\":[[1,2,3],[4,5,6]]}";
    private static final String MANIFEST =
            """
            apiVersion: millrace.io/v1
            kind: Function
            metadata: {name: totals}
            spec:
              language: python
              environment: python
              source: {file: totals.py}
            ---
            apiVersion: millrace.io/v1
            kind: InferenceGraph
            metadata: {name: chain}
            spec:
              nodes:
                root:
                  routerType: Sequence
                  steps:
                    - {model: double, dependency: Hard}
                    - {nodeName: either, data: $response, mapPredictionsToInstances: true, dependency: Hard}
                    - {function: totals, data: $response, dependency: Hard}
                either:
                  routerType: Switch
                  steps:
                    - {model: triple, condition: "instances.#(0>1000)"}
                    - {model: triple, condition: "instances"}
            ---
            apiVersion: millrace.io/v1
            kind: InferenceGraph
            metadata: {name: both}
            spec:
              nodes:
                root:
                  routerType: Ensemble
                  steps:
                    - {name: small, model: double}
                    - {name: large, model: triple}
            """;

    @TempDir static Path folder;
    private static ServerProcess server;
    private static Curl curl;

    @RegisterExtension static final ShowsLog LOG = new ShowsLog(() -> server);

    @BeforeAll
    static void start() {
        server = new ServerProcess(folder.resolve("data"), ServerProcess.Ports.free()).start();
        curl = new Curl(server);
        ServingModels.upload(server, "double", 1, "onnx", OnnxFile.scaling(2));
        ServingModels.upload(server, "triple", 1, "onnx", OnnxFile.scaling(3));
        write(
                "totals.py",
                """
                import json

                def main(ctx, msg):
                    rows = json.loads(msg)["predictions"]
                    ctx.send(json.dumps({"totals": [sum(row) for row in rows]}).encode())
                """);
        write("graphs.yaml", MANIFEST);
        CommandLine.millrace(
                        server,
                        "apply",
                        "-f",
                        folder.resolve("graphs.yaml").toString(),
                        "--wait=180s")
                .orFail();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void modelsAndAFunctionAnswerOneAfterAnother() {
        for (String path :
                new String[] {
                    "/v1/graphs/chain",
                    "/v1/graphs/chain:predict",
                    "/projects/default/v1/graphs/chain"
                }) {
            Curl.Answer answer = curl.post(path, ROWS);

            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("{\"totals\": [36.0, 90.0]}");
        }
    }

    @Test
    void modelsAnswerTogether() {
        Curl.Answer answer = curl.post("/v1/graphs/both", ROWS);

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body())
                .contains("\"small\":{\"predictions\":[[2.0,4.0,6.0],[8.0,10.0,12.0]]}")
                .contains("\"large\":{\"predictions\":[[3.0,6.0,9.0],[12.0,15.0,18.0]]}");
    }

    @Test
    void mistakesOfCallersComeBackAsTheirs() {
        Curl.Answer wrong = curl.post("/v1/graphs/chain", "{\"instances\":[[1,2]]}");
        assertThat(wrong.status()).as(wrong.body()).isEqualTo(400);
        assertThat(wrong.body()).contains("\"error\"").contains("3");

        assertThat(curl.post("/v1/graphs/nobody", ROWS).status()).isEqualTo(404);
        assertThat(curl.call("/v1/graphs").body()).isEqualTo("{\"graphs\":[\"both\",\"chain\"]}");
    }

    private static void write(String name, String text) {
        ServingModels.write(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }
}
