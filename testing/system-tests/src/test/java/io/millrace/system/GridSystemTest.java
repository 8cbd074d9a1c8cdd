package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The grid example as its users have it: a model of series is served over MQTT to clients that know
 * nothing of Millrace, from a service definition that was written for another server.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(300)
class GridSystemTest {

    private static final Duration SETTLE = Duration.ofSeconds(60);
    private static final String SERVICE = "pipeline/inqueue-lstm";
    private static final double TOLERANCE = 1e-6;

    /** The most that the client has under way when the server is killed: two seconds' worth. */
    private static final int IN_FLIGHT = 160;

    /** A second view of the readings: the windows themselves. */
    private static final String WINDOWS =
            """
            apiVersion: millrace.io/v1
            kind: Pipeline
            metadata: {project: grid, name: windows}
            spec:
              from: {dataSource: {name: tenants, fields: [readings]}}
              steps:
                - window: {key: [station_id, parameter_id], value: value, time: unix_timestamp,
                           timeUnit: ns, size: 6, offset: 12.040303738317757,
                           divisor: 12.959696261682243, prefix: norm_, lookback: 6h}
              to: [{mqtt: {topic: "outqueue/{tenant}/windows"}}]
            """;

    @TempDir static Path folder;
    private static ServerProcess server;
    private static int loginPort;
    private static final List<Process> CLIENTS = new CopyOnWriteArrayList<>();

    @RegisterExtension static final ShowsLog LOG = new ShowsLog(() -> server);

    @BeforeAll
    static void start() throws IOException {
        loginPort = FreePort.next();
        server =
                new ServerProcess(
                                folder.resolve("data"),
                                ServerProcess.Ports.free(),
                                "--mqtt-login-port",
                                Integer.toString(loginPort),
                                "--mqtt-login-bind",
                                "127.0.0.1",
                                "--mqtt-login-project",
                                "grid")
                        .start();
        Path windows = Files.writeString(folder.resolve("windows.yaml"), WINDOWS);
        millrace("apply", "-f", example("server.json"), "-f", example("grid.yaml"));
        // A source with users is ready when their passwords are there.
        millrace("secrets", "set", "tenants", "-p", "grid", "alice=wonder", "bob=build");
        millrace("apply", "--wait=60s", "-f", example("server.json"), "-f", example("grid.yaml"));
        millrace("apply", "--wait=60s", "-f", windows.toString());
        millrace("sources", "certs", "tenants", "-p", "grid", "-o", folder + "/certs.zip");
        CommandLine.run(
                        List.of("unzip", "-q", "-d", folder.toString(), folder + "/certs.zip"),
                        Map.of())
                .orFail();
    }

    @AfterAll
    static void stop() {
        CLIENTS.forEach(Process::destroyForcibly);
        server.close();
    }

    /** As a client of MQTT 3.1.1 puts them on the wire, and as it reads the answer. */
    @Test
    @Order(1)
    void theDocumentedBytesAreAnsweredWithTheDocumentedBytes() throws IOException {
        String request =
                """
                {"norm_1": 0.0740523730112228, "norm_2": -0.0031099292378419, \
                "norm_3": -0.0802722314869067, "norm_4": -0.1574345337359715, \
                "norm_5": -0.2345968359850363, "norm_6": -0.311759138234101}\
                """;
        double expected = answers("lstm").getFirst();
        String connect = "10 11 0004 4d515454 04 00 003c 0005 7573657232";
        String subscribe = "82 12 0001 000d 6f757471756575652f6c73746d 00";

        try (var wire = new Wire(server.ports().mqttPlain())) {
            assertThat(wire.exchange(connect)).isEqualTo("20 02 00 00");
            assertThat(wire.exchange(subscribe)).isEqualTo("90 03 00 01 00");
            wire.publish("inqueue/lstm", request);
            String answer = wire.published("outqueue/lstm");
            assertThat(answer).matches("\\{\"LSTM\": 0\\.\\d+}");
            String number = answer.substring(9, answer.length() - 1);
            double value = Double.parseDouble(number);
            assertThat(value)
                    .isEqualTo((double) (float) value)
                    .isCloseTo(expected, within(TOLERANCE));
            assertThat(number).isEqualTo(Double.toString(value));
        }
        try (var wire = new Wire(server.ports().mqttPlain())) {
            assertThat(wire.exchange(connect)).as("the session was kept").isEqualTo("20 02 01 00");
            assertThat(wire.exchange(subscribe)).isEqualTo("90 03 00 01 00");
            wire.publish("inqueue/lstm", request);
            assertThat(wire.published("outqueue/lstm")).startsWith("{\"LSTM\": 0.");
            assertThat(wire.isQuiet()).as("nothing comes twice").isTrue();
        }
    }

    @Test
    @Order(2)
    void theClientOfTheExampleIsAnsweredRowByRow() throws IOException {
        int count = answers("lstm").size();
        Path printed = folder.resolve("rows.out");

        int code = client(printed, "--count", "" + count, "--pause", "0.02").join();

        assertThat(code).isZero();
        assertAnswers(printed, 0, count);
        assertThat(Files.readString(printed))
                .contains(count + " requests, 0 of them while away, " + count + " answers");
    }

    @Test
    @Order(3)
    void badRequestsBecomeDeadLettersAndTheirNeighboursAreAnswered() {
        assertThat(scenario("bad", plain()).out()).contains("neighbours answered");

        String letters = millrace("dlq", "list", SERVICE, "-o", "json");
        assertThat(letters)
                .contains("no JSON")
                .contains("the field 'norm_4' is missing")
                .contains("got the text 'much'");
        assertThat(millrace("dlq", "count", SERVICE)).contains("3");
        assertThat(counter("dead_letters")).isEqualTo(3);
    }

    @Test
    @Order(4)
    void tenantsSeeTheirOwnAnswersInTheirOwnOrder() {
        assertThat(scenario("tenants", login(), authority()).out()).contains("each its own");

        assertThat(server.get("/metrics").body())
                .containsPattern("millrace_mqtt_denied_total\\{action=\"subscribe\"} 6\\.0")
                .containsPattern("millrace_mqtt_denied_total\\{action=\"publish\"} 200\\.0");
    }

    @Test
    @Order(5)
    void aRequestOfMqtt5IsAnsweredWhereItSays() {
        assertThat(scenario("reply", login(), authority()).out()).contains("answered there");
    }

    @Test
    @Order(6)
    void versionsChangeInMidStreamBetweenTwoRequests() throws IOException {
        Path stop = folder.resolve("stop");
        double before = counter("answered");
        var stream =
                CompletableFuture.supplyAsync(() -> scenario("stream", plain(), stop.toString()));
        awaitAnswers(before + 200);
        millrace("models", "upload", "LSTM", example("lstm-2.tflite"), "--model-version", "2");
        assertThat(millrace("models", "promote", "LSTM", "2")).contains("version 2 serves");
        awaitAnswers(counter("answered") + 200);
        assertThat(millrace("models", "rollback", "LSTM")).contains("version 1 serves");

        millrace("models", "upload", "LSTM", otherShape(), "--model-version", "3");
        var refused = CommandLine.millrace(server, "models", "promote", "LSTM", "3");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err()).contains("version 3 is ready but not in service");
        assertThat(millrace("models", "rollback", "LSTM")).contains("version 1 serves");
        awaitAnswers(counter("answered") + 200);
        Files.createFile(stop);

        assertThat(stream.join().out()).contains("versions [1, 2, 1]");
    }

    @Test
    @Order(7)
    void aKilledServerIsMissedForAMomentAndWindowsGoOn() throws IOException {
        Path printed = folder.resolve("kill.out");
        scenario("readings", login(), authority(), "alice", "wonder", "8", "10");
        scenario("readings", login(), authority(), "bob", "build", "8", "13");
        var client = client(printed, "--pause", "0.02");
        await().atMost(SETTLE).until(() -> answersSinceConnected(printed) > 50);

        server.kill();
        await().atMost(SETTLE).until(() -> answersSinceConnected(printed) == 0);
        server.start();

        await().atMost(SETTLE).until(() -> answersSinceConnected(printed) > 100);
        scenario("readings", login(), authority(), "alice", "wonder", "11", "13");
        CLIENTS.forEach(Process::destroy);
        assertThat(client.join()).isZero();
        var summary =
                Pattern.compile("(\\d+) requests, (\\d+) of them while away, (\\d+) answers")
                        .matcher(Files.readString(printed));
        assertThat(summary.find()).isTrue();
        int sent = Integer.parseInt(summary.group(1));
        int away = Integer.parseInt(summary.group(2));
        int answered = Integer.parseInt(summary.group(3));
        assertThat(away).as("the client noticed").isPositive();
        assertThat(sent - away - answered).as("missing").isBetween(-IN_FLIGHT, IN_FLIGHT);
        assertAnswers(printed, sent - 50, 50);
    }

    /** The client of the example, in the background; completes with its exit code. */
    private static CompletableFuture<Integer> client(Path printed, String... options)
            throws IOException {
        Path configuration = folder.resolve("client.json");
        Files.writeString(
                configuration,
                Files.readString(Path.of(example("client.json")))
                        .replace("1884", Integer.toString(server.ports().mqttPlain())));
        var command =
                new ArrayList<>(
                        List.of(
                                PythonClient.interpreter().toString(),
                                example("client.py"),
                                configuration.toString(),
                                example("rows.csv")));
        command.addAll(List.of(options));
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(printed.toFile())
                        .start();
        CLIENTS.add(process);
        return process.onExit().thenApply(Process::exitValue);
    }

    /** One of the clients that judge for themselves. */
    private static CommandLine.Outcome scenario(String name, String... arguments) {
        var all = new ArrayList<>(List.of(name, example("")));
        all.addAll(List.of(arguments));
        return PythonClient.run(
                PythonClient.interpreter(), "grid_clients.py", all.toArray(String[]::new));
    }

    /** The last answers of a number that the client printed are those to the rows from a number. */
    private static void assertAnswers(Path printed, int from, int count) throws IOException {
        List<Double> expected = answers("lstm");
        List<String> answers =
                Files.readAllLines(printed).stream()
                        .filter(line -> line.startsWith("outqueue/lstm "))
                        .toList();
        assertThat(answers).hasSizeGreaterThanOrEqualTo(count);
        for (int i = 0; i < count; i++) {
            String answer = answers.get(answers.size() - count + i);
            String number = answer.substring(answer.indexOf(':') + 1, answer.length() - 1);
            assertThat(Double.parseDouble(number))
                    .as("answer %d, %s", from + i, answer)
                    .isCloseTo(expected.get((from + i) % expected.size()), within(TOLERANCE));
        }
    }

    private static long answersSinceConnected(Path printed) throws IOException {
        String text = Files.readString(printed);
        String since = text.substring(Math.max(0, text.lastIndexOf("onnected")));
        return since.lines().filter(line -> line.startsWith("outqueue/lstm ")).count();
    }

    /** What TensorFlow answered to each row. */
    private static List<Double> answers(String model) throws IOException {
        List<String> lines = Files.readAllLines(Path.of(example("answers.csv")));
        int column = List.of(lines.getFirst().split(",", -1)).indexOf(model);
        return lines.stream()
                .skip(1)
                .map(line -> Double.parseDouble(line.split(",", -1)[column]))
                .toList();
    }

    private static void awaitAnswers(double count) {
        await().atMost(SETTLE).until(() -> counter("answered") >= count);
    }

    /** A counter of the service. */
    private static double counter(String name) {
        String begin = "millrace_pipeline_" + name + "_total{pipeline=\"inqueue-lstm\"";
        return server.get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(begin))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private static String millrace(String... arguments) {
        return CommandLine.millrace(server, arguments).orFail().out();
    }

    private static String example(String file) {
        return Repository.root().resolve("examples/grid").resolve(file).toString();
    }

    private static String otherShape() {
        return Repository.root()
                .resolve("plugin/model-tflite/src/test/resources/models/fixed.tflite")
                .toString();
    }

    private static String plain() {
        return Integer.toString(server.ports().mqttPlain());
    }

    private static String login() {
        return Integer.toString(loginPort);
    }

    private static String authority() {
        return folder.resolve("ca.crt").toString();
    }
}
