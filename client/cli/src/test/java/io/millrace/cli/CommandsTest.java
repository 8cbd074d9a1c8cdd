package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.FakeApi;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class CommandsTest {

    private static final String PIPELINE =
            """
            {"apiVersion":"millrace.io/v1","kind":"Pipeline","metadata":{"project":"fashion","name":"p",
             "title":"Clothes","generation":2,"revision":41,"createdAt":"2020-01-01T00:00:00Z"},
             "spec":{"from":{"categories":{"MQTT":["ByteArray"]}},
               "steps":[{"function":{"name":"f","args":{"output":"prediction"}}}],
               "to":[{"mqtt":{"topic":"apparel-predict"}}]},
             "status":{"conditions":[{"type":"Ready","status":"True","reason":"Running","message":"",
               "lastTransitionTime":"2020-01-01T00:00:00Z","observedGeneration":2}],
               "details":{"guarantee":"at-least-once"},"versions":[]}}\
            """;
    private static final String EVENTS =
            """
            {"items":[
             {"kind":"Pipeline","name":"p","severity":"normal","reason":"ScaledUp",
              "message":"from 1 to 2 tasks: 4,200 records wait",
              "first":"2020-01-01T00:01:00Z","last":"2020-01-01T00:01:00Z","count":1},
             {"kind":"Pipeline","name":"p","severity":"warning","reason":"SinkAway",
              "message":"output mqtt/t: the broker is away",
              "first":"2020-01-01T00:01:00Z","last":"2020-01-01T00:01:00Z","count":3}]}\
            """;
    private static final String LIST = "GET /api/v1/projects/fashion/pipelines?limit=500";
    private static final String ONE = "GET /api/v1/projects/fashion/pipelines/p";

    @TempDir private Path folder;
    private FakeApi api;

    @BeforeEach
    void start() throws IOException {
        api = new FakeApi();
        api.json(LIST, "{\"items\":[" + PIPELINE + "],\"revision\":41}");
        api.json(ONE, PIPELINE);
    }

    @AfterEach
    void stop() {
        api.close();
    }

    @Test
    void listsInAlignedColumns() {
        String age = Ages.since(java.time.Instant.parse("2020-01-01T00:00:00Z"), now());
        CliRun run = run("get", "pipelines", "--project", "fashion");
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .isEqualTo(
                        """
                        NAME  READY  REASON   AGE    FROM            STEPS       TO
                        p     True   Running  %s  MQTT=ByteArray  function:f  mqtt:apparel-predict
                        """
                                .formatted(age));
    }

    @Test
    void tellsSourcesWindowsAndModelsThatAreChosenInFewWords() {
        String serving =
                PIPELINE.replace(
                                "{\"categories\":{\"MQTT\":[\"ByteArray\"]}}",
                                "{\"dataSource\":{\"name\":\"tenants\",\"fields\":[\"a\",\"b\"]},"
                                        + "\"start\":\"latest\"}")
                        .replace(
                                "{\"function\":{",
                                "{\"window\":{\"key\":[\"s\"],\"value\":\"load\",\"size\":6}},"
                                        + "{\"model\":{\"select\":\"{model}\",\"of\":[\"LSTM\",\"ANN\"]}},"
                                        + "{\"function\":{");
        api.json("GET /api/v1/projects/grid/pipelines?limit=500", "{\"items\":[" + serving + "]}");

        assertThat(run("get", "pipelines", "--project", "grid").out())
                .contains("  tenants/a|b  window:load → model:LSTM|ANN → function:f  ");
    }

    @Test
    void listsOfAllProjectsWithTheProject() {
        api.json("GET /api/v1/pipelines?limit=500", "{\"items\":[" + PIPELINE + "]}");
        assertThat(run("get", "pipeline", "-A").out())
                .startsWith("PROJECT  NAME")
                .contains("fashion  p");
    }

    @Test
    void rowsSayInWordsWhatComesFromTheLogAndGoesThere() {
        String stream =
                PIPELINE.replace("{\"mqtt\":{\"topic\":\"apparel-predict\"}}", "{\"stream\":{}}");
        String categories = "{\"categories\":{\"MQTT\":[\"ByteArray\"]}}";
        api.json(
                "GET /api/v1/projects/logs/pipelines?limit=500",
                "{\"items\":["
                        + stream.replace(categories, "{\"kafka\":{\"topic\":\"t\"}}")
                        + ","
                        + stream.replace(categories, "{\"pipeline\":\"q\",\"start\":\"latest\"}")
                        + "]}");
        assertThat(run("get", "pipelines", "--project", "logs").out())
                .contains("kafka:t     function:f  stream\n", "pipeline:q  function:f  stream\n");
    }

    @Test
    void sourcesFromKafkaAreCalledSo() {
        api.json(
                "GET /api/v1/projects/fashion/datasources?limit=500",
                """
                {"items":[{"apiVersion":"millrace.io/v1","kind":"DataSource",
                 "metadata":{"project":"fashion","name":"d"},
                 "spec":{"kafka":{},"fields":[{"name":"f","topic":"orders"}]}}]}\
                """);
        assertThat(run("get", "datasources", "--project", "fashion").out())
                .contains("kafka  orders");
    }

    @Test
    void saysWhenThereIsNothing() {
        api.json("GET /api/v1/projects/default/models?limit=500", "{\"items\":[]}");
        CliRun run = run("models", "list");
        assertThat(run).isEqualTo(new CliRun(0, "", "there are no models in project default\n"));
    }

    @Test
    void showsOneAsJsonOrYaml() {
        assertThat(run("get", "Pipeline/p", "-p", "fashion", "-o", "json").out())
                .contains("  \"kind\" : \"Pipeline\"");
        assertThat(run("get", "pipeline/p", "-p", "fashion", "-o", "yaml").out())
                .contains("kind: Pipeline\n", "  revision: 41\n", "    - mqtt:\n")
                .doesNotStartWith("---");
        assertThat(run("get", "pipelines", "-p", "fashion", "-o", "yaml").out())
                .startsWith("---\napiVersion: millrace.io/v1\n");
    }

    @Test
    void watchesUntilNobodyReads() {
        api.events(
                "GET /api/v1/watch?kind=pipelines&project=fashion&after=41",
                "event: deleted\nid: 42\ndata: " + PIPELINE.replace("\n", "") + "\n\n");
        // the second connection is refused, which ends the command with the server's reason
        CliRun run = run("get", "pipelines", "-p", "fashion", "--watch");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out().lines()).hasSize(3).last().asString().endsWith("(deleted)");
        assertThat(run.err()).contains("there is no /api/v1/watch");
    }

    @Test
    void describesReadably() {
        CliRun run = run("describe", "pipeline/p", "--project", "fashion");
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains("Pipeline/p\n", "  title         Clothes\n", "  generation    2\n")
                .contains("Conditions\n  Ready  True", "Details\n  guarantee  at-least-once\n")
                .contains("Spec\n  from:\n    categories:\n      MQTT:\n        - ByteArray\n")
                .doesNotContain("Versions");
    }

    @Test
    void describesWhatHappened() {
        api.json(ONE + "/events", EVENTS);
        String age = Ages.since(java.time.Instant.parse("2020-01-01T00:01:00Z"), now());
        assertThat(run("describe", "pipeline/p", "--project", "fashion").out())
                .endsWith(
                        """

                        Events
                          LAST   COUNT  SEVERITY  REASON    MESSAGE
                          %1$s  1      normal    ScaledUp  from 1 to 2 tasks: 4,200 records wait
                          %1$s  3      warning   SinkAway  output mqtt/t: the broker is away
                        """
                                .formatted(age));
    }

    @Test
    void showsWhatHappenedToOneOrToAll() {
        api.json(ONE + "/events", EVENTS);
        api.json("GET /api/v1/projects/fashion/events", EVENTS);
        CliRun one = run("events", "pipeline/p", "-p", "fashion");
        assertThat(one.code()).isZero();
        assertThat(one.out().lines()).hasSize(3).first().asString().doesNotContain("RESOURCE");
        assertThat(run("events", "-p", "fashion").out())
                .contains("LAST", "RESOURCE", "Pipeline/p  normal    ScaledUp  from 1 to 2 tasks");
        assertThat(run("events", "pipeline/p", "-p", "fashion", "-o", "json").out())
                .contains("\"reason\" : \"SinkAway\"");
    }

    @Test
    void saysWhenNothingHappened() {
        api.json("GET /api/v1/projects/fashion/events", "{\"items\":[]}");
        assertThat(run("events", "-p", "fashion"))
                .isEqualTo(
                        new CliRun(
                                0,
                                "",
                                "nothing has happened to project fashion since the server started\n"));
        assertThat(run("events", "project/fashion").err()).contains("millrace events --project");
    }

    @Test
    void showsWhatWouldChange() throws IOException {
        Files.writeString(folder.resolve("p.yaml"), "kind: Pipeline\nmetadata: {name: p}\n");
        api.json(
                "POST /api/v1/apply?project=fashion&dryRun=true",
                """
                {"results":[
                 {"kind":"Pipeline","project":"fashion","name":"p","change":"updated",
                  "before":{"scale":{"min":1},"to":[{"mqtt":{"topic":"a"}}],"code":"a\\nb\\nc"},
                  "after":{"scale":{"min":2},"to":[{"mqtt":{"topic":"a"}},{"mqtt":{"topic":"b"}}],"code":"a\\nB\\nc"}},
                 {"kind":"Function","project":"fashion","name":"f","change":"created","after":{"language":"python"}},
                 {"kind":"Model","project":"fashion","name":"m","change":"unchanged","before":{},"after":{}}]}\
                """);

        CliRun run = run("diff", "-f", "p.yaml", "--project", "fashion");

        assertThat(run)
                .isEqualTo(
                        new CliRun(
                                1,
                                """
                                ~ Pipeline/p
                                    spec.scale.min: 1 → 2
                                    + spec.to[1]: {"mqtt":{"topic":"b"}}
                                    spec.code:
                                      line 2
                                      - b
                                      + B
                                + Function/f
                                    + language: "python"
                                """,
                                ""));
    }

    @Test
    void tellsEqualFromDifferentAndFromUnknown() throws IOException {
        Files.writeString(folder.resolve("p.yaml"), "kind: Pipeline\nmetadata: {name: p}\n");
        String path = "POST /api/v1/apply?project=default&dryRun=true";
        api.json(path, "{\"results\":[{\"change\":\"unchanged\"}]}");
        assertThat(run("diff", "-f", "p.yaml")).isEqualTo(new CliRun(0, "", ""));
        assertThat(run("diff", "-f", "none.yaml").code()).isEqualTo(2);
    }

    @Test
    void deletesUsersBeforeWhatTheyUse() throws IOException {
        Files.writeString(
                folder.resolve("all.yaml"),
                """
                {kind: Project, metadata: {name: fashion}}
                ---
                {kind: Function, metadata: {project: fashion, name: f}}
                ---
                {kind: Pipeline, metadata: {project: fashion, name: p}}
                """);
        api.json("DELETE /api/v1/projects/fashion/pipelines/p", PIPELINE);
        api.problem("DELETE /api/v1/projects/fashion/functions/f", 409, "CONFLICT", "in use", "");
        api.json("DELETE /api/v1/projects/fashion", "{}");

        CliRun run = run("delete", "-f", "all.yaml");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).isEqualTo("Pipeline/p deleted\nProject/fashion deleted\n");
        assertThat(run.err()).isEqualTo("millrace: Function/f: in use\n");
    }

    @Test
    void mayIgnoreThatSomethingIsGone() {
        assertThat(run("delete", "model/m").code()).isEqualTo(1);
        assertThat(run("delete", "model/m", "--ignore-not-found")).isEqualTo(new CliRun(0, "", ""));
    }

    @Test
    void savesCertificatesForTheirOwnerAloneAndReplacesNothingUnasked() throws IOException {
        byte[] zip = zip();
        api.answer(
                "POST /api/v1/projects/fashion/datasources/cam/certificates",
                200,
                "application/zip",
                zip);
        String[] command = {"sources", "certs", "cam", "-o", "c.zip", "--project", "fashion"};

        assertThat(run(command).code()).isZero();
        Path saved = folder.resolve("c.zip");
        assertThat(saved).hasBinaryContent(zip);
        assertThat(
                        java.nio.file.attribute.PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(saved)))
                .isEqualTo("rw-------");

        CliRun again = run(command);
        assertThat(again.code()).isEqualTo(1);
        assertThat(again.err()).contains("c.zip exists", "--force");
    }

    @Test
    void showsLogLines() {
        String line =
                "{\"step\":\"f\",\"worker\":\"1\",\"time\":\"2026-01-01T00:00:00Z\",\"text\":\"hi\"}";
        api.json(
                "GET /api/v1/projects/fashion/pipelines/p/logs?tail=5&step=f&follow=false",
                "{\"lines\":[" + line + "]}");
        CliRun run =
                run("logs", "pipeline/p", "--step", "f", "--tail", "5", "--project", "fashion");
        assertThat(run).isEqualTo(new CliRun(0, "2026-01-01T00:00:00Z f/1 hi\n", ""));
        assertThat(run("logs", "function/f").err()).contains("only pipelines and models have logs");
    }

    @Test
    void takesOptionsBeforeAndAfterTheCommand() {
        run("--project", "fashion", "get", "pipelines");
        run("get", "pipelines", "--project=fashion", "--server", api.address().toString());
        assertThat(api.lines()).containsExactly(LIST, LIST);
    }

    @Test
    void listsEveryCommandInTheHelp() {
        for (String option : new String[] {"--help", "help", "-h"}) {
            CliRun run = run(option);
            assertThat(run.code()).isZero();
            assertThat(run.out())
                    .contains("demo ", "server ", "apply ", "bench ", "test ", "logs ", "sources ");
        }
        assertThat(run("help", "apply").out()).contains("--wait");
        assertThat(run("help", "server").out()).contains("Run the server.");
        assertThat(run("help", "models", "upload").out()).contains("--model-version");
        assertThat(run("help", "aply").code()).isEqualTo(2);
        assertThat(run("apply", "--help").out()).contains("--wait", "--project");
    }

    @ParameterizedTest
    @ValueSource(strings = {"server", "bench", "test"})
    void explainsCommandsThatTheLauncherRuns(String name) {
        CliRun run = run(name, "--port-base", "3");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("./millrace " + name + " --port-base 3");
    }

    @Test
    void suggestsWhatWasMeant() {
        CliRun command = run("aply");
        assertThat(command.code()).isEqualTo(2);
        assertThat(command.err()).contains("Did you mean: millrace apply");
        CliRun option = run("get", "pipelines", "--wach");
        assertThat(option.code()).isEqualTo(2);
        assertThat(option.err()).contains("--watch");
        CliRun kind = run("get", "pipelnes");
        assertThat(kind.code()).isEqualTo(1);
        assertThat(kind.err()).contains("did you mean 'pipelines'?");
        assertThat(run("describe", "pipelines").err()).contains("pipelines/NAME");
        assertThat(run("get", "pipelines", "-o", "xml").code()).isEqualTo(2);
    }

    @Test
    void showsBothVersions() {
        api.json("GET /api/v1", "{\"version\":\"9.9\"}");
        assertThat(run("version").out()).contains("9.9 at " + api.address());
    }

    private CliRun run(String... arguments) {
        return CliRun.of(api, folder, "", arguments);
    }

    private static java.time.Instant now() {
        return io.millrace.api.TimeSource.system().now();
    }

    private static byte[] zip() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new ZipOutputStream(bytes)) {
            out.putNextEntry(new ZipEntry("ca.crt"));
            out.write("x".getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }
}
