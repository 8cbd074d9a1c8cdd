package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
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
 * Versions change under load over three protocols, good ones and bad ones, and nobody notices but
 * by the answers; then a canary and a shadow.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(300)
class SwapSystemTest {

    private static final int SWAPS = 20;
    private static final Duration SETTLE = Duration.ofSeconds(60);
    private static final String MODEL = "/api/v1/projects/default/models/swapped";
    private static final Pattern VERSION = Pattern.compile("\"model_version\":\"(\\d+)\"");

    /** What the two good versions multiply by. */
    private static final Map<Integer, Integer> FACTORS = Map.of(1, 2, 2, -5);

    private static final int GARBAGE = 3;
    private static final int NO_NUMBERS = 4;
    private static final int OTHER_SHAPE = 5;

    @TempDir static Path folder;
    private static ServerProcess server;

    @RegisterExtension static final ShowsLog LOG = new ShowsLog(() -> server);

    @BeforeAll
    static void start() {
        FACTORS.forEach((version, factor) -> write(version, OnnxFile.scaling(factor)));
        write(GARBAGE, "no model at all".getBytes(StandardCharsets.UTF_8));
        write(NO_NUMBERS, OnnxFile.dividingByZero());
        write(OTHER_SHAPE, OnnxFile.repeating());
        server = new ServerProcess(folder.resolve("data"), ServerProcess.Ports.free()).start();
        declare(1);
        awaitServing(1);
        await().atMost(SETTLE)
                .untilAsserted(() ->
                        assertThat(server.get(MODEL).body())
                                .doesNotContain("\"Pending\"")
                                .doesNotContain("\"Probing\""));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    @Order(1)
    void badVersionsSayWhatIsWrongWithThem() {
        assertThat(describe(GARBAGE)).contains("Rejected").contains("ONNX");
        assertThat(describe(NO_NUMBERS)).contains("Rejected").contains("NaN");
        assertThat(describe(OTHER_SHAPE)).contains("Ready").contains("6");
    }

    @Test
    @Order(2)
    void versionsChangeUnderLoadWithoutAFailedCall() {
        try (var load = new ServingLoad(server, FACTORS)) {
            for (int swap = 0; swap < SWAPS; swap++) {
                int wanted = 2 - swap % 2;
                promote(wanted);
                awaitServing(wanted);
                load.awaitAnswersOf(wanted, SETTLE);
                switch (swap) {
                    case 5 -> refuses(GARBAGE, wanted, load);
                    case 9 -> refuses(NO_NUMBERS, wanted, load);
                    case 14 -> refuses(OTHER_SHAPE, wanted, load);
                    default -> {}
                }
            }
            load.finish();
            assertThat(load.failures()).isEmpty();
            assertThat(load.calls()).isGreaterThan(1_000);
        }
    }

    @Test
    @Order(3)
    void aRollbackLeadsBack() {
        promote(1);
        awaitServing(1);
        promote(2);
        awaitServing(2);

        CommandLine.millrace(server, "models", "rollback", "swapped").orFail();

        awaitServing(1);
    }

    @Test
    @Order(4)
    void aCanaryGetsItsShareAndCallersStayWithTheirVersion() {
        traffic("{\"canary\":{\"version\":2,\"percent\":10,\"stickyHeader\":\"x-user\"}}");
        await().atMost(SETTLE).until(() -> versionFor("") == 2);

        int canary = 0;
        for (int i = 0; i < 1_000; i++) {
            canary += versionFor("") == 2 ? 1 : 0;
        }
        // Five standard deviations around a hundred.
        assertThat(canary).isBetween(50, 150);

        var versions = new HashMap<String, Integer>();
        for (int round = 0; round < 3; round++) {
            for (int user = 0; user < 200; user++) {
                int version = versionFor("user-" + user);
                Integer before = versions.put("user-" + user, version);
                assertThat(before).isIn(null, version);
            }
        }
        assertThat(versions.values().stream().filter(version -> version == 2).count())
                .isBetween(1L, 60L);
    }

    @Test
    @Order(5)
    void aShadowNeverAnswersAndIsCompared() {
        traffic("{\"shadow\":{\"version\":2,\"percent\":100}}");
        await().atMost(SETTLE)
                .untilAsserted(() -> {
                    for (int i = 0; i < 20; i++) {
                        assertThat(versionFor("")).isEqualTo(1);
                    }
                    assertThat(compared()).isGreaterThan(50);
                });

        assertThat(report()).contains("\"agreed\":0").contains("\"agreement\":0");
        assertThat(CommandLine.millrace(server, "models", "describe", "swapped").orFail().out())
                .contains("shadow");

        traffic("{\"byAlias\":{}}");
        assertThat(versionFor("")).isEqualTo(1);
    }

    /** Declares that a version shall answer, and sees that it does not and the other goes on. */
    private static void refuses(int version, int instead, ServingLoad load) {
        declare(version);
        await().atMost(SETTLE)
                .untilAsserted(() -> {
                    assertThat(report())
                            .contains("\"serving\":" + instead)
                            .contains("version" + version);
                });
        assertThat(CommandLine.millrace(server, "models", "describe", "swapped").orFail().out())
                .containsPattern("remark +version " + version);
        load.awaitAnswersOf(instead, SETTLE);
    }

    /** Applies the model as a file says it, with all versions, and one of them in production. */
    private static void declare(int production) {
        var versions = new StringBuilder();
        for (int version = 1; version <= OTHER_SHAPE; version++) {
            versions.append(
                    "    - {version: %d, uri: \"file:v%d.onnx\"}\n".formatted(version, version));
        }
        String manifest =
                """
                apiVersion: millrace.io/v1
                kind: Model
                metadata: {name: swapped}
                spec:
                  framework: onnx
                  aliases: {production: %d}
                  versions:
                %s\
                """
                        .formatted(production, versions);
        Path file =
                write(folder.resolve("swapped.yaml"), manifest.getBytes(StandardCharsets.UTF_8));
        CommandLine.millrace(server, "apply", "-f", file.toString()).orFail();
    }

    private static void write(int version, byte[] model) {
        write(folder.resolve("v" + version + ".onnx"), model);
    }

    private static Path write(Path file, byte[] content) {
        return ServingModels.write(file, content);
    }

    private static void promote(int version) {
        var answer =
                server.post(
                        MODEL + "/promote", "application/json", "{\"version\":" + version + "}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private static void awaitServing(int version) {
        await().atMost(SETTLE)
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> assertThat(report()).contains("\"serving\":" + version));
    }

    private static String report() {
        return server.get(MODEL + "/traffic").body().replace(" ", "");
    }

    private static int compared() {
        return Integer.parseInt(found(Pattern.compile("\"compared\":(\\d+)"), report()));
    }

    private static String describe(int version) {
        return CommandLine.millrace(server, "models", "describe", "swapped:" + version)
                .orFail()
                .out();
    }

    private static void traffic(String rule) {
        HttpResponse<String> answer =
                server.send(
                        HttpRequest.newBuilder(server.url().resolve(MODEL + "/traffic"))
                                .header("Content-Type", "application/json")
                                .PUT(HttpRequest.BodyPublishers.ofString(rule))
                                .build());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    /** Which version answers a caller; without a name it is nobody in particular. */
    private static int versionFor(String user) {
        var request =
                HttpRequest.newBuilder(server.url().resolve("/v2/models/swapped/infer"))
                        .header("Content-Type", "application/json")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],"
                                                + "\"datatype\":\"FP32\",\"data\":[1,2,3]}]}"));
        if (!user.isEmpty()) {
            request.header("X-User", user);
        }
        HttpResponse<String> answer = server.send(request.build());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Integer.parseInt(found(VERSION, answer.body()));
    }

    private static String found(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        assertThat(matcher.find()).as("%s in %s", pattern, text).isTrue();
        return matcher.group(1);
    }
}
