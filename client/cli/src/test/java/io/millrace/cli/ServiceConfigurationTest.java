package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.ModelSpec;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.client.FakeApi;
import io.millrace.codec.ResourceReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The {@code server.json} of a model served over MQTT, as it was published. */
@Timeout(30)
class ServiceConfigurationTest {

    private static final String DRY = "POST /api/v1/apply?project=default&dryRun=true";
    private static final String REAL = "POST /api/v1/apply?project=default&dryRun=false";
    private static final String NOTHING = "{\"results\":[]}";
    private static final String SERVER =
            """
            {
              "client_info":    { "id": "aaltosea1", "roles": "ml_provider" },
              "broker_service": { "broker": "MQTT", "url": "10.0.0.5", "port": 1883, "keepalive": 45 },
              "queue_info":     { "in_queue": "outqueue/lstm", "out_queue": "inqueue/lstm", "roles": "server" },
              "model":          { "name": "LSTM", "path": "models/lstm.tflite" }
            }
            """;

    @TempDir private Path folder;
    private FakeApi api;

    @BeforeEach
    void start() throws IOException {
        api = new FakeApi();
        api.json("POST /api/v1/projects/default/blobs", "{\"uri\":\"blob:sha256:00\"}");
        Files.createDirectories(folder.resolve("models"));
        Files.write(folder.resolve("models/lstm.tflite"), tflite());
    }

    @AfterEach
    void stop() {
        api.close();
    }

    @Test
    void becomesAModelASourceAndAPipelineWithTheTopicsTheRightWayRound() throws IOException {
        write(SERVER);
        api.json(DRY, NOTHING).json(REAL, NOTHING);

        assertThat(run("apply", "-f", "server.json")).isEqualTo(new CliRun(0, "", ""));

        var resources =
                ResourceReader.forServer(ProjectId.DEFAULT).read("sent", api.last(REAL).text());
        assertThat(resources).hasSize(3);
        assertThat(resources.get(0).spec())
                .isInstanceOfSatisfying(
                        ModelSpec.class,
                        model -> {
                            assertThat(model.framework()).isEqualTo("tflite");
                            assertThat(model.versions().getFirst().uri())
                                    .startsWith("blob:sha256:");
                        });
        assertThat(resources.get(1).spec())
                .isInstanceOfSatisfying(
                        DataSourceSpec.class,
                        source -> {
                            assertThat(source.connection())
                                    .isEqualTo(new DataSourceSpec.EmbeddedMqtt());
                            assertThat(source.fields().getFirst().topic())
                                    .isEqualTo("inqueue/lstm");
                        });
        assertThat(resources.get(2).spec())
                .isInstanceOfSatisfying(
                        PipelineSpec.class,
                        pipeline -> {
                            assertThat(pipeline.to())
                                    .containsExactly(new PipelineSpec.MqttOutput("outqueue/lstm"));
                            var step = (PipelineSpec.ModelStep) pipeline.steps().getFirst();
                            assertThat(step.models()).hasToString("[LSTM]");
                            assertThat(step.decoding().fields())
                                    .isEqualTo(
                                            List.of(
                                                    "norm_1", "norm_2", "norm_3", "norm_4",
                                                    "norm_5", "norm_6"));
                            assertThat(step.decoding().takesText()).isTrue();
                            assertThat(step.encode().template())
                                    .hasValue("{\"LSTM\": {{output[0]}}}");
                        });
        assertThat(resources.stream().map(resource -> resource.key().label()).toList())
                .containsExactly("Model/LSTM", "DataSource/inqueue-lstm", "Pipeline/inqueue-lstm");
    }

    @Test
    void usesTheBrokerThatItNamesWhenTold() throws IOException {
        write(SERVER);
        api.json(DRY, NOTHING).json(REAL, NOTHING);

        assertThat(run("apply", "-f", "server.json", "--external").code()).isZero();

        var resources =
                ResourceReader.forServer(ProjectId.DEFAULT).read("sent", api.last(REAL).text());
        var source = (DataSourceSpec) resources.get(1).spec();
        assertThat(source.connection())
                .isInstanceOfSatisfying(
                        DataSourceSpec.ExternalMqtt.class,
                        mqtt -> {
                            assertThat(mqtt.broker().url()).isEqualTo("mqtt://10.0.0.5:1883");
                            assertThat(mqtt.broker().clientId()).isEqualTo("aaltosea1");
                            assertThat(mqtt.broker().keepAlive()).isEqualTo(Duration.ofSeconds(45));
                        });
        var to = ((PipelineSpec) resources.get(2).spec()).to().getFirst();
        assertThat(((PipelineSpec.MqttOutput) to).broker())
                .hasValueSatisfying(broker -> {
                    assertThat(broker.url()).isEqualTo("mqtt://10.0.0.5:1883");
                    assertThat(broker.clientId()).as("one id is never used twice").isEmpty();
                });
    }

    @Test
    void showsWhatItWouldChange() throws IOException {
        write(SERVER);
        api.json(DRY, NOTHING).json(REAL, NOTHING);
        assertThat(run("diff", "-f", "server.json")).isEqualTo(new CliRun(0, "", ""));
        assertThat(api.lines()).containsExactly(DRY);
    }

    /** The published files hold placeholders without quotes, which are no JSON. */
    @Test
    void namesThePlaceholdersWithTheirLines() throws IOException {
        write(
                SERVER.replace("\"10.0.0.5\"", "<server_ip>")
                        .replace("1883", "<port>")
                        .replace("\"aaltosea1\"", "\"<client_id>\""));

        CliRun run = run("apply", "-f", "server.json");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .contains(
                        "server.json:2:",
                        "the placeholder <client_id> is still there; put the id of the MQTT client",
                        "server.json:3:",
                        "the placeholder <server_ip> is still there; put the broker's address in its"
                                + " place",
                        "the placeholder <port> is still there; put a whole number from 1 to 65535");
        assertThat(api.lines()).isEmpty();
    }

    @Test
    void tellsEverythingElseThatIsWrong() throws IOException {
        write(
                """
                {
                  "client_info":    { "id": 7 },
                  "broker_service": { "url": "mqtt://10.0.0.5", "port": "1883", "keepalive": 0 },
                  "queue_info":     { "in_queue": "lstm", "out_queue": "lstm" },
                  "model":          { "path": "" }
                }
                """);
        assertThat(run("apply", "-f", "server.json").err())
                .contains(
                        "server.json:2:",
                        "expected the id of the MQTT client as text, got 7",
                        "server.json:3:",
                        "expected a host or IP address without scheme, got 'mqtt://10.0.0.5'",
                        "expected a whole number from 1 to 65535, got \"1883\"",
                        "expected a whole number from 1 to 65535, got 0",
                        "server.json:4:",
                        "in_queue and out_queue are both 'lstm': the service would answer its own",
                        "server.json:5:",
                        "missing 'model.name', the key of the answers",
                        "expected the model's file as text");
    }

    @Test
    void saysThatTheModelsFileCannotBeRead() throws IOException {
        write(SERVER.replace("lstm.tflite", "gone.tflite"));
        assertThat(run("apply", "-f", "server.json").err())
                .contains("server.json:5:", "models/gone.tflite", "there is no such file");
    }

    @Test
    void whatTheServerFindsWrongIsShownInTheFile() throws IOException {
        write(SERVER);
        api.problem(
                DRY,
                400,
                "INVALID",
                "1 problem",
                """
                {"source":"3","line":6,"column":9,"pointer":"/spec/to/0/mqtt/topic","message":"not this one"}\
                """);
        assertThat(run("apply", "-f", "server.json").err())
                .contains("server.json:4:23: not this one");
    }

    private static byte[] tflite() {
        byte[] file = new byte[64];
        file[4] = 'T';
        file[5] = 'F';
        file[6] = 'L';
        file[7] = '3';
        return file;
    }

    private void write(String text) throws IOException {
        Files.writeString(folder.resolve("server.json"), text);
    }

    private CliRun run(String... args) {
        return CliRun.of(api, folder, "", args);
    }
}
