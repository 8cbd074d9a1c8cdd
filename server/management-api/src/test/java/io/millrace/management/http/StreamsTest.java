package io.millrace.management.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.management.http.EventReader.Event;
import io.millrace.management.http.TestServer.Answer;
import io.millrace.spi.StepLogs.Line;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class StreamsTest {
    private static final ResourceKey PIPELINE =
            ResourceKey.of(Kind.PIPELINE, ProjectId.DEFAULT, "p");
    private static final String LOGS = "/projects/default/pipelines/p/logs";

    private final TestServer server = new TestServer();

    @AfterEach
    void stop() {
        server.close();
    }

    private static String category(String name, String value) {
        return """
        apiVersion: millrace.io/v1
        kind: Category
        metadata: {name: %s}
        spec: {values: [%s]}
        """
                .formatted(name, value);
    }

    @Test
    void tellsOfChangesAsTheyHappen() throws Exception {
        try (EventReader watch = server.events("/watch?kind=categories")) {
            server.apply(category("a", "one"));
            Event put = watch.next();
            assertThat(put.type()).isEqualTo("put");
            assertThat(put.json().at("/metadata/name").asString()).isEqualTo("a");
            assertThat(put.id()).isEqualTo(put.json().at("/metadata/revision").asString());

            server.delete("/categories/a");
            Event event = watch.next();
            while (event.type().equals("put")) {
                event = watch.next();
            }
            assertThat(event.type()).isEqualTo("deleted");
            assertThat(event.json().at("/spec/values/0").asString()).isEqualTo("one");
        }
    }

    @Test
    void resumesWithoutAGap() throws Exception {
        String id;
        try (EventReader watch = server.events("/watch?kind=Category")) {
            server.apply(category("a", "one"));
            id = watch.next().id();
        }
        server.apply(category("b", "two"));

        try (EventReader watch = server.events("/watch?kind=Category&after=" + id)) {
            assertThat(nextNamed(watch, "b")).isTrue();
        }
        try (EventReader watch = server.events("/watch?kind=Category", "Last-Event-ID", id)) {
            assertThat(nextNamed(watch, "b")).isTrue();
        }
    }

    /** Whether a resource comes after, at most, statuses of another. */
    private static boolean nextNamed(EventReader watch, String name) {
        for (int i = 0; i < 5; i++) {
            if (watch.next().json().at("/metadata/name").asString().equals(name)) {
                return true;
            }
        }
        return false;
    }

    @Test
    void givesOnlyWhatWasAskedFor() throws Exception {
        try (EventReader watch = server.events("/watch?project=default&kind=pipelines")) {
            server.apply(category("a", "one"));
            server.apply(pipeline());

            Event event = watch.next();

            assertThat(event.json().at("/kind").asString()).isEqualTo("Pipeline");
        }
    }

    @Test
    void aQuietWatchIsKeptAlive() throws Exception {
        try (EventReader watch = server.events("/watch?kind=models")) {
            assertThat(watch.nextOfAny().type()).isEqualTo("comment");
            assertThat(watch.nextOfAny().type()).isEqualTo("comment");
            assertThat(watch.nextOfAny().type()).isEqualTo("comment");
        }
    }

    @Test
    void badWatchesAreRefusedBeforeTheyBegin() {
        assertThat(server.get("/watch?kind=nothing").status()).isEqualTo(400);
        assertThat(server.get("/watch?after=-1").status()).isEqualTo(400);
        assertThat(server.get("/watch?after=999999").status()).isEqualTo(400);
    }

    private static String pipeline() {
        return """
        apiVersion: millrace.io/v1
        kind: Pipeline
        metadata: {name: p}
        spec:
          from: {categories: {kind: [image]}}
          to: [{mqtt: {topic: out}}]
        """;
    }

    private void print(String step, String text) {
        server.logs.append(new Line(PIPELINE, step, 0, 1_000, text));
    }

    @Test
    void givesTheLastLinesOfAllStepsOrOne() {
        server.apply(pipeline());
        print("f", "one");
        print("g", "two");
        print("f", "three");
        print("g", "four");

        Answer last = server.get(LOGS + "?tail=2");
        assertThat(last.json().at("/lines").size()).isEqualTo(2);
        assertThat(last.text("/lines/0/text")).isEqualTo("three");
        assertThat(last.text("/lines/0/step")).isEqualTo("f");
        assertThat(last.text("/lines/0/time")).isEqualTo("1970-01-01T00:00:01Z");

        Answer step = server.get(LOGS + "?tail=2&step=f");
        assertThat(step.json().at("/lines").size()).isEqualTo(2);
        assertThat(step.text("/lines/0/text")).isEqualTo("one");
        assertThat(step.text("/lines/1/text")).isEqualTo("three");
        assertThat(server.get(LOGS + "?tail=0").json().at("/lines").size()).isZero();
        assertThat(server.get("/projects/default/pipelines/q/logs").status()).isEqualTo(404);
    }

    @Test
    void followsNewLinesAndSaysWhatWasLost() throws Exception {
        server.apply(pipeline());
        print("f", "old");
        print("g", "not wanted");
        try (EventReader logs = server.events(LOGS + "?follow=true&step=f&tail=5")) {
            Event old = logs.next();
            assertThat(old.type()).isEqualTo("line");
            assertThat(old.json().at("/text").asString()).isEqualTo("old");

            print("g", "not wanted either");
            print("f", "new");
            assertThat(logs.next().json().at("/text").asString()).isEqualTo("new");

            server.logs.lose(7);
            Event lost = logs.next();
            assertThat(lost.type()).isEqualTo("lost");
            assertThat(lost.json().at("/lines").asInt()).isEqualTo(7);
        }
    }

    @Test
    void whoHasGoneIsForgotten() throws Exception {
        server.apply(pipeline());
        try (EventReader logs = server.events(LOGS + "?follow=true")) {
            assertThat(logs.status()).isEqualTo(200);
            Awaitility.await()
                    .atMost(30, TimeUnit.SECONDS)
                    .until(() -> server.logs.followers() == 1);
        }

        Awaitility.await().atMost(30, TimeUnit.SECONDS).until(() -> server.logs.followers() == 0);
    }

    @Test
    void stoppingTheServerEndsItsStreams() {
        server.apply(pipeline());
        EventReader logs = server.events(LOGS + "?follow=true");
        EventReader watch = server.events("/watch");

        server.stopHttp();

        assertThat(logs.next().type()).isEqualTo("end");
        Event last = watch.next();
        while (last.type().equals("put")) {
            // The pipeline's status may have been on its way.
            last = watch.next();
        }
        assertThat(last.type()).isEqualTo("end");
        Awaitility.await().atMost(30, TimeUnit.SECONDS).until(() -> server.logs.followers() == 0);
    }
}
