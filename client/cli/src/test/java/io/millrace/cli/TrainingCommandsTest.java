package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.FakeApi;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class TrainingCommandsTest {

    private static final String PROJECT = "/api/v1/projects/default/";
    private static final String RUN = PROJECT + "trainingruns/mnist-small";
    private static final String OTHER = PROJECT + "trainingruns/mnist-wide";
    private static final String EXPERIMENT = PROJECT + "experiments/mnist";

    private static final String OTHER_EXPERIMENT = PROJECT + "experiments/wide";

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

    private static String resource(
            String kind, String name, String spec, String details, String reason, String message) {
        return """
        {"apiVersion":"millrace.io/v1","kind":"%s",
         "metadata":{"project":"default","name":"%s","generation":1,"revision":7},
         "spec":%s,
         "status":{"conditions":[{"type":"Ready","status":"%s","reason":"%s","message":"%s",
           "observedGeneration":1}],"details":%s}}\
        """
                .formatted(
                        kind,
                        name,
                        spec,
                        reason.equals("Finished") || reason.equals("Valid") ? "True" : "False",
                        reason,
                        message,
                        details);
    }

    private static String trained(String name, String reason) {
        return resource(
                "TrainingRun",
                name,
                "{\"definition\":\"small\",\"dataset\":\"digits\",\"stopped\":false}",
                "{\"epoch\":\"2 of 2\",\"metric val_loss\":\"0.25\"}",
                reason,
                "");
    }

    private static String report(double loss) {
        return """
        {"state":{"phase":"finished","elapsedMillis":3000,"metrics":{"loss":%s}},
         "epochs":[{"epoch":1,"millis":2000,"metrics":{"loss":0.5}},
                   {"epoch":2,"millis":1000,"metrics":{"loss":%s}}],
         "test":{"accuracy":0.9},"confusion":[[8,2],[0,10]],"labels":["cat","dog"],
         "classes":[{"label":"cat","precision":1.0,"recall":0.8},
                    {"label":"dog","precision":0.8333,"recall":1.0}],
         "samples":{"train":100,"test":20},"decode":{"format":"raw","type":"uint8"},
         "lineage":{"seed":"7"}}\
        """
                .formatted(loss, loss);
    }

    private static final String EVENTS =
            """
            event: phase
            data: {"kind":"phase","text":"TRAINING"}

            event: batch
            data: {"kind":"batch","epoch":1,"batch":5,"batches":10,"metrics":{"loss":0.7}}

            event: epoch
            data: {"kind":"epoch","epoch":1,"metrics":{"loss":0.5,"val_loss":0.6},"millis":1500}

            event: end
            data: {}

            """;

    @Test
    void showsATrainingAsItGoes() {
        api.json(
                "GET " + EXPERIMENT,
                resource(
                        "Experiment",
                        "mnist",
                        "{\"definitions\":[\"small\"]}",
                        "{\"number\":\"1\",\"run mnist-small\":\"finished\"}",
                        "Finished",
                        "its run has ended"));
        api.events("GET " + RUN + "/progress", EVENTS);
        assertThat(run("train", "mnist", "--follow"))
                .isEqualTo(
                        new CliRun(
                                0,
                                """
                                mnist-small  training
                                mnist-small  epoch 1  loss=0.5000  val_loss=0.6000  1.5s
                                Experiment/mnist  Ready=True Finished: its run has ended
                                """,
                                ""));
        CliRun json = run("train", "mnist", "--follow", "-o", "json");
        assertThat(json.out().lines()).hasSize(3).allMatch(line -> line.startsWith("{"));
        assertThat(json.out()).contains("\"run\":\"mnist-small\"");
    }

    @Test
    void aRunThatFailedIsAFailure() {
        api.json(
                "GET " + RUN,
                resource("TrainingRun", "mnist-small", "{}", "{}", "Failed", "out of memory"));
        CliRun run = run("train", "run/mnist-small");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).contains("Failed: out of memory");
    }

    @Test
    void givesAnExperimentItsDataset() {
        String experiment =
                resource(
                        "Experiment",
                        "mnist",
                        "{\"definitions\":[\"small\"]}",
                        "{}",
                        "WaitingForData",
                        "");
        api.json("GET " + EXPERIMENT, experiment).json("PUT " + EXPERIMENT, experiment);
        assertThat(run("train", "mnist", "--dataset", "digits").code()).isZero();
        assertThat(api.last("PUT").text())
                .contains("\"dataset\":\"digits\"")
                .contains("\"definitions\"")
                .doesNotContain("conditions");
    }

    @Test
    void doesNotTakeAnOlderTrainingForTheOneThatWasAskedFor() {
        String before =
                resource(
                        "Experiment",
                        "mnist",
                        "{\"definitions\":[\"small\"]}",
                        "{}",
                        "Finished",
                        "its run has ended");
        String wanted = before.replace("\"generation\":1", "\"generation\":2");
        String done =
                resource(
                                "Experiment",
                                "mnist",
                                "{\"definitions\":[\"small\"]}",
                                "{\"number\":\"1\",\"run mnist-small\":\"finished\"}",
                                "Finished",
                                "the new run has ended")
                        .replace("\"generation\":1", "\"generation\":2")
                        .replace("\"observedGeneration\":1", "\"observedGeneration\":2");
        api.json("GET " + EXPERIMENT, before)
                .json("PUT " + EXPERIMENT, wanted)
                .json("GET " + EXPERIMENT, wanted)
                .json("GET " + EXPERIMENT, done);
        api.events("GET " + RUN + "/progress", EVENTS);
        CliRun run = run("train", "mnist", "--dataset", "digits", "--follow");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("epoch 1").contains("the new run has ended");
    }

    @Test
    void whatNamesSomethingUnknownIsAFailure() {
        api.json(
                "GET " + EXPERIMENT,
                resource(
                        "Experiment",
                        "mnist",
                        "{\"definitions\":[\"small\"]}",
                        "{}",
                        "UnknownDataset",
                        "dataset 'digit' does not exist"));
        CliRun run = run("train", "mnist", "--follow");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).contains("'digit' does not exist");

        api.json(
                "GET " + OTHER_EXPERIMENT,
                resource("Experiment", "wide", "{}", "{}", "UnknownDataset", "it was so before")
                        .replace("\"generation\":1", "\"generation\":2"));
        assertThat(run("train", "wide").code()).isZero();
    }

    @Test
    void listsRuns() {
        api.json(
                "GET " + PROJECT + "trainingruns?limit=500",
                "{\"items\":[" + trained("mnist-small", "Finished") + "],\"revision\":9}");
        assertThat(run("runs", "list").out())
                .isEqualTo(
                        """
                        NAME         DEFINITION  DATASET  EPOCH   METRICS        STATUS
                        mnist-small  small       digits   2 of 2  val_loss=0.25  Finished
                        """);
        api.json("GET " + PROJECT + "datasets?limit=500", "{\"items\":[],\"revision\":9}");
        assertThat(run("datasets", "list").err()).contains("there are no datasets");
    }

    @Test
    void comparesRunsSideBySide() {
        api.json("GET " + RUN, trained("mnist-small", "Finished"));
        api.json("GET " + OTHER, trained("mnist-wide", "Finished"));
        api.json("GET " + RUN + "/report", report(0.25));
        api.json("GET " + OTHER + "/report", report(0.125));
        assertThat(run("runs", "compare", "mnist-small", "run/mnist-wide").out())
                .isEqualTo(
                        """
                                        mnist-small  mnist-wide
                        definition      small        small
                        dataset         digits       digits
                        phase           finished     finished
                        epochs          2            2
                        time per epoch  1.5s         1.5s
                        loss            0.2500       0.1250
                        test_accuracy   0.9000       0.9000
                        precision cat   1.0000       1.0000
                        recall cat      0.8000       0.8000
                        precision dog   0.8333       0.8333
                        recall dog      1.0000       1.0000
                        """);
        assertThat(run("runs", "compare", "mnist-small", "-o", "json").out())
                .contains("\"epochMillis\" : 1500");
        assertThat(run("runs", "compare", "model/m").err()).contains("is no training run");
    }

    @Test
    void comparesAnExperiment() {
        api.json(
                "GET " + EXPERIMENT + "/compare",
                "{\"runs\":[{\"run\":\"mnist-small\",\"phase\":\"training\"}]}");
        assertThat(run("experiments", "compare", "mnist").out())
                .contains("mnist-small")
                .contains("training");
    }

    @Test
    void describesARunWithItsCurvesAndItsConfusion() {
        api.json("GET " + RUN, trained("mnist-small", "Finished"));
        api.json("GET " + RUN + "/report", report(0.25));
        api.json("GET " + RUN + "/events", "{\"items\":[]}");
        CliRun run = run("runs", "describe", "mnist-small");
        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .contains("EPOCH  TIME  METRICS")
                .contains("Samples:\n  train                  100\n")
                .contains("Inputs:\n  format                 raw\n")
                .contains("Lineage:\n  seed                   7\n")
                .contains("2      1.0s  loss=0.2500")
                .contains("cat            8    2    1.0000     0.8000");
    }

    @Test
    void downloadsAModel() throws IOException {
        api.answer(
                "GET " + RUN + "/model?format=keras",
                200,
                "application/octet-stream",
                "a model".getBytes(StandardCharsets.UTF_8));
        CliRun run = run("runs", "download", "mnist-small", "--format", "keras", "-o", "m.keras");
        assertThat(run.err()).isEmpty();
        assertThat(folder.resolve("m.keras")).content().isEqualTo("a model");
        assertThat(folder).isDirectoryNotContaining(file -> file.toString().endsWith(".part"));

        api.problem("GET " + RUN + "/model?format=h5", 404, "NOT_FOUND", "made none", "[]");
        assertThat(run("runs", "download", "mnist-small", "--format", "h5", "-o", "x").code())
                .isEqualTo(1);
        assertThat(Files.exists(folder.resolve("x"))).isFalse();
    }

    @Test
    void registersAndDeploys() {
        api.json("POST " + RUN + "/register", "{\"model\":\"digits\",\"version\":3}");
        assertThat(run("runs", "register", "mnist-small", "--model", "digits").out())
                .isEqualTo("Model/digits version 3\n");
        assertThat(api.last("POST").text()).isEqualTo("{\"model\":\"digits\"}");

        api.json(
                "POST " + RUN + "/deploy",
                resource("Pipeline", "mnist-small", "{}", "{}", "Starting", ""));
        CliRun run =
                run(
                        "runs",
                        "deploy",
                        "mnist-small",
                        "--input",
                        "in",
                        "--output",
                        "out",
                        "--replicas",
                        "2",
                        "--reader",
                        "output_group");
        assertThat(run.out()).isEqualTo("Pipeline/mnist-small: in -> out\n");
        assertThat(api.last("POST").text())
                .isEqualTo(
                        "{\"input\":\"in\",\"output\":\"out\",\"replicas\":2,"
                                + "\"readers\":[\"output_group\"]}");
    }

    @Test
    void stopsARunAndShowsWhatItPrinted() {
        api.json("GET " + RUN, trained("mnist-small", "Training"));
        api.json("PUT " + RUN, trained("mnist-small", "Training"));
        assertThat(run("runs", "stop", "mnist-small").out()).contains("is told to end");
        assertThat(api.last("PUT").text()).contains("\"stopped\":true");
        api.answer(
                "GET " + RUN + "/output",
                200,
                "text/plain",
                "one\n\u001b[31mtwo\n".getBytes(StandardCharsets.UTF_8));
        assertThat(run("runs", "output", "mnist-small").out()).isEqualTo("one\n [31mtwo\n");
    }

    @Test
    void declaresADataset() throws IOException {
        api.json(
                "PUT " + PROJECT + "datasets/digits",
                resource("Dataset", "digits", "{}", "{}", "Checking", ""));
        Files.writeString(folder.resolve("label.avsc"), "{\"type\":\"record\"}");
        CliRun run =
                run(
                        "datasets",
                        "create",
                        "digits",
                        "--range",
                        "digits:0:0:100",
                        "--type",
                        "uint8",
                        "--shape",
                        "28,28",
                        "--label-format",
                        "avro",
                        "--label-schema",
                        "label.avsc",
                        "--test",
                        "0.1");
        assertThat(run.err()).isEmpty();
        assertThat(api.last("PUT").text())
                .contains("\"ranges\":[\"digits:0:0:100\"]")
                .contains("\"decode\":{\"format\":\"raw\",\"type\":\"uint8\",\"shape\":[28,28]}")
                .contains("\"place\":\"key\"")
                .contains("\"schema\":\"{\\\"type\\\":\\\"record\\\"}\"")
                .contains("\"test\":0.1");
        assertThat(run("datasets", "create", "d", "--range", "t", "--label", "header").err())
                .contains("header:NAME");
    }
}
