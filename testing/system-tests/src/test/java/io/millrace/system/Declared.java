package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;

/** The resources of the project {@code default} on a server. */
final class Declared {

    private static final Duration SETTLE = Duration.ofSeconds(90);

    private Declared() {}

    static void apply(ServerProcess server, String resources) {
        var answer = server.post("/api/v1/apply?project=default", "application/yaml", resources);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    static void awaitReady(ServerProcess server, String... resources) {
        for (String resource : resources) {
            await().atMost(SETTLE)
                    .ignoreExceptions()
                    .untilAsserted(() ->
                            assertThat(isReady(server, resource))
                                    .as(text(server, resource))
                                    .isTrue());
        }
    }

    static boolean isReady(ServerProcess server, String resource) {
        return text(server, resource)
                .replace(" ", "")
                .contains("\"type\":\"Ready\",\"status\":\"True\"");
    }

    static String text(ServerProcess server, String resource) {
        return server.get("/api/v1/projects/default/" + resource).body();
    }

    /** The sum of a metric over the lines that hold a text. */
    static double metric(ServerProcess server, String name, String with) {
        return server.get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name) && line.contains(with))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
