package io.millrace.management.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.management.http.TestServer.Answer;
import io.millrace.spi.EventLog.Severity;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EventRoutesTest {

    private static final ResourceKey FUNCTION =
            ResourceKey.of(Kind.FUNCTION, ProjectId.DEFAULT, "f");
    private static final String DECLARED =
            """
            apiVersion: millrace.io/v1
            kind: Function
            metadata: {name: f}
            spec:
              language: python
              environment: python
              source: {file: f.py, inline: "x = 1"}
            """;

    private TestServer server;

    @BeforeEach
    void start() {
        server = new TestServer();
        server.apply(DECLARED);
        server.events.record(FUNCTION, Severity.NORMAL, "ScaledUp", "from 1 to 2 tasks");
        server.events.record(FUNCTION, Severity.WARNING, "SinkAway", "the broker is away");
        server.events.record(
                ResourceKey.of(Kind.FUNCTION, new ProjectId("other"), "f"),
                Severity.NORMAL,
                "Other",
                "");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void givesTheEventsOfOneResource() {
        Answer answer = server.get("/projects/default/functions/f/events");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().path("items").size()).isEqualTo(2);
        assertThat(answer.json().at("/items/1").toString())
                .isEqualTo(
                        """
                        {"kind":"Function","name":"f","severity":"warning","reason":"SinkAway",\
                        "message":"the broker is away","first":"1970-01-01T00:00:00Z",\
                        "last":"1970-01-01T00:00:00Z","count":1}\
                        """);
    }

    @Test
    void givesTheEventsOfAProject() {
        Answer answer = server.get("/projects/default/events");
        assertThat(answer.json().path("items").size()).isEqualTo(2);
        assertThat(answer.text("/items/0/name")).isEqualTo("f");
    }

    @Test
    void knowsWhatDoesNotExist() {
        assertThat(server.get("/projects/default/functions/g/events").status()).isEqualTo(404);
        assertThat(server.get("/projects/nowhere/events").status()).isEqualTo(404);
    }

    @Test
    void eventsGoWithTheResource() {
        assertThat(server.delete("/projects/default/functions/f").status()).isEqualTo(200);
        Awaitility.await()
                .atMost(30, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(server.events.of(FUNCTION)).isEmpty());
    }
}
