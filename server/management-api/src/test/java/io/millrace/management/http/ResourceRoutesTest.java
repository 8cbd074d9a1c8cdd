package io.millrace.management.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.management.http.TestServer.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class ResourceRoutesTest {
    private static final String PROJECT =
            """
            apiVersion: millrace.io/v1
            kind: Project
            metadata: {name: fashion}
            spec: {description: clothes}
            ---
            """;
    private static final String CATEGORY =
            """
            apiVersion: millrace.io/v1
            kind: Category
            metadata: {name: kind}
            spec: {values: [image]}
            ---
            """;
    private static final String CAMERA =
            """
            apiVersion: millrace.io/v1
            kind: DataSource
            metadata: {project: fashion, name: camera}
            spec:
              mqtt: {}
              fields: [{name: image, topic: images}]
              categories: {kind: image}
            ---
            """;
    private static final String PIPELINE =
            """
            apiVersion: millrace.io/v1
            kind: Pipeline
            metadata: {project: fashion, name: p}
            spec:
              from: {categories: {kind: [image]}}
              to: [{mqtt: {topic: out}}]
            """;

    private final TestServer server = new TestServer();

    @AfterEach
    void stop() {
        server.close();
    }

    private static String project(String name, String description) {
        return """
        {"apiVersion": "millrace.io/v1", "kind": "Project",
         "metadata": {"name": "%s"}, "spec": {"description": "%s"}}
        """
                .formatted(name, description);
    }

    @Test
    void whatIsMissingWhileTheServerStartsIsTriedAgain() {
        String source =
                """
                apiVersion: millrace.io/v1
                kind: DataSource
                metadata: {name: early, project: later}
                spec: {mqtt: {}, fields: [{name: image, topic: images}]}
                """;
        server.isStarting = true;
        var early = server.post("/apply", source);
        assertThat(early.status()).isEqualTo(503);
        assertThat(early.header("Retry-After")).isEqualTo("1");
        assertThat(early.text("/detail")).contains("is starting");

        server.isStarting = false;
        var late = server.post("/apply", source);
        assertThat(late.status()).isEqualTo(400);
        assertThat(late.text("/errors/0/message")).contains("project 'later' does not exist");
    }

    @Test
    void saysWhatItIs() {
        Answer answer = server.get("");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text("/name")).isEqualTo("millrace");
        assertThat(answer.text("/version")).isEqualTo("1.2.3");
        assertThat(answer.json().at("/ports/http").asInt()).isEqualTo(8080);
    }

    @Test
    void theDefaultProjectIsThereFromTheStart() {
        assertThat(server.get("/projects/default").status()).isEqualTo(200);
    }

    @Test
    void createsReadsReplacesAndDeletes() {
        Answer created = server.put("/projects/a", project("a", "first"));
        assertThat(created.status()).isEqualTo(201);
        assertThat(created.text("/spec/description")).isEqualTo("first");

        Answer read = server.get("/projects/a");
        assertThat(read.status()).isEqualTo(200);
        assertThat(read.header("Content-Type")).isEqualTo("application/json");
        assertThat(read.header("ETag"))
                .isEqualTo("\"" + read.json().at("/metadata/revision").asLong() + "\"");

        Answer replaced = server.put("/projects/a", project("a", "second"));
        assertThat(replaced.status()).isEqualTo(200);
        assertThat(replaced.json().at("/metadata/generation").asInt()).isEqualTo(2);

        Answer deleted = server.delete("/projects/a");
        assertThat(deleted.status()).isEqualTo(200);
        assertThat(deleted.text("/spec/description")).isEqualTo("second");
        assertThat(server.get("/projects/a").status()).isEqualTo(404);
        assertThat(server.delete("/projects/a").status()).isEqualTo(404);
    }

    @Test
    void takesYamlToo() {
        Answer answer =
                server.put(
                        "/categories/kind",
                        CATEGORY.replace("---\n", ""),
                        "Content-Type",
                        "application/yaml");

        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.text("/spec/values/0")).isEqualTo("image");
    }

    @Test
    void writesOnlyOverTheRevisionThatWasSeen() {
        settled("/projects/a", project("a", "first"));
        String etag = server.get("/projects/a").header("ETag");

        Answer good = server.put("/projects/a", project("a", "second"), "If-Match", etag);
        assertThat(good.status()).isEqualTo(200);
        Answer stale = server.put("/projects/a", project("a", "third"), "If-Match", etag);
        assertThat(stale.status()).isEqualTo(412);
        assertThat(stale.text("/code")).isEqualTo("CONFLICT");
        assertThat(server.delete("/projects/a", "If-Match", etag).status()).isEqualTo(412);
        assertThat(server.get("/projects/a").text("/spec/description")).isEqualTo("second");

        Answer exists = server.put("/projects/a", project("a", "x"), "If-None-Match", "*");
        assertThat(exists.status()).isEqualTo(412);
        assertThat(server.put("/projects/b", project("b", "x"), "If-None-Match", "*").status())
                .isEqualTo(201);
        assertThat(server.put("/projects/c", project("c", "x"), "If-Match", "*").status())
                .isEqualTo(412);
        assertThat(server.put("/projects/a", project("a", "x"), "If-Match", "new").status())
                .isEqualTo(400);
    }

    /** Writes and waits until the reconciler has written its status. */
    private void settled(String path, String body) {
        assertThat(server.put(path, body).status()).isLessThan(300);
        Awaitility.await()
                .atMost(30, TimeUnit.SECONDS)
                .until(() -> server.get(path).json().at("/status/conditions/0").isObject());
    }

    @Test
    void aDryRunWritesNothing() {
        Answer created = server.put("/projects/a?dryRun=true", project("a", "x"));

        assertThat(created.status()).isEqualTo(201);
        assertThat(created.text("/spec/description")).isEqualTo("x");
        assertThat(server.get("/projects/a").status()).isEqualTo(404);
        assertThat(server.put("/projects/a?dryRun=maybe", project("a", "x")).status())
                .isEqualTo(400);
    }

    @Test
    void theBodyMustBeWhatThePathNames() {
        Answer answer = server.put("/projects/a", project("b", "x"));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text("/detail")).contains("Project/a").contains("Project/b");
    }

    @Test
    void allThatIsWrongIsSaidAtOnceWithPlaces() {
        Answer answer =
                server.post("/apply", PROJECT + CAMERA.replace("fields:", "feilds:") + "kind: 7");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.text("/title")).isEqualTo("Bad Request");
        assertThat(answer.json().at("/status").asInt()).isEqualTo(400);
        assertThat(answer.text("/code")).isEqualTo("INVALID");
        JsonNode errors = answer.json().at("/errors");
        assertThat(errors.size()).isGreaterThan(2);
        assertThat(errors)
                .anySatisfy(error -> {
                    assertThat(error.at("/pointer").asString()).isEqualTo("/spec/feilds");
                    assertThat(error.at("/message").asString()).contains("did you mean 'fields'");
                    assertThat(error.at("/line").asInt()).isEqualTo(11);
                    assertThat(error.at("/source").asString()).isEqualTo("document 2");
                });
        assertThat(server.get("/projects/fashion").status()).isEqualTo(404);
    }

    @Test
    void appliesSeveralInAnyOrderAndSaysWhatChanged() {
        Answer first = server.post("/apply", PIPELINE + "\n---\n" + CAMERA + CATEGORY + PROJECT);
        assertThat(first.status()).isEqualTo(200);
        assertThat(changes(first)).containsExactly("created", "created", "created", "created");
        assertThat(first.text("/results/0/kind")).isEqualTo("Pipeline");
        assertThat(first.text("/results/0/project")).isEqualTo("fashion");
        assertThat(first.json().at("/results/0/after").isMissingNode()).isTrue();

        Answer again = server.post("/apply", PROJECT + PIPELINE.replace("out", "elsewhere"));
        assertThat(changes(again)).containsExactly("unchanged", "updated");
        Awaitility.await()
                .atMost(30, TimeUnit.SECONDS)
                .until(() ->
                        server.get("/projects/fashion/pipelines/p")
                                .text("/status/conditions/0/reason")
                                .equals("Starting"));
    }

    private static List<String> changes(Answer answer) {
        var changes = new ArrayList<String>();
        answer.json().at("/results").forEach(r -> changes.add(r.at("/change").asString()));
        return changes;
    }

    @Test
    void aDryRunOfApplyShowsBeforeAndAfter() {
        server.apply(PROJECT);

        Answer answer =
                server.post("/apply?dryRun=true", PROJECT.replace("clothes", "shoes") + CATEGORY);

        assertThat(changes(answer)).containsExactly("updated", "created");
        assertThat(answer.text("/results/0/before/description")).isEqualTo("clothes");
        assertThat(answer.text("/results/0/after/description")).isEqualTo("shoes");
        assertThat(answer.json().at("/results/1/before").isMissingNode()).isTrue();
        assertThat(server.get("/categories/kind").status()).isEqualTo(404);
    }

    @Test
    void nothingIsAppliedWhenOneIsRefused() {
        Answer answer = server.post("/apply", CATEGORY + CAMERA);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text("/errors/0/source")).isEqualTo("DataSource/camera");
        assertThat(answer.text("/errors/0/pointer")).isEqualTo("/metadata/project");
        assertThat(server.get("/categories/kind").status()).isEqualTo(404);
    }

    @Test
    void appliesToTheProjectOfTheQuery() {
        server.apply(PROJECT + CATEGORY);
        String camera = CAMERA.replace("project: fashion, ", "");

        assertThat(server.post("/apply?project=fashion", camera).status()).isEqualTo(200);

        assertThat(server.get("/projects/fashion/datasources/camera").status()).isEqualTo(200);
    }

    @Test
    void whatIsInUseIsNotDeletedAndTheUsersAreNamed() {
        server.apply(PROJECT + CATEGORY + CAMERA + PIPELINE);

        Answer answer = server.delete("/categories/kind");

        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.text("/detail")).contains("DataSource/camera").contains("Pipeline/p");
        assertThat(server.delete("/projects/fashion").status()).isEqualTo(409);
        assertThat(server.delete("/projects/fashion/pipelines/p").status()).isEqualTo(200);
        assertThat(server.delete("/projects/fashion/datasources/camera").status()).isEqualTo(200);
        assertThat(server.delete("/categories/kind").status()).isEqualTo(200);
    }

    @Test
    void pagesStayStableWhileThingsComeAndGo() {
        for (char c = 'a'; c <= 'g'; c++) {
            server.put("/projects/" + c, project(String.valueOf(c), ""));
        }

        Answer first = server.get("/projects?limit=3");
        assertThat(names(first)).containsExactly("a", "b", "c");
        server.delete("/projects/c");
        server.delete("/projects/d");
        server.put("/projects/aa", project("aa", ""));
        Answer second = server.get("/projects?limit=3&continue=" + first.text("/continue"));
        assertThat(names(second)).containsExactly("default", "e", "f");
        Answer third = server.get("/projects?limit=3&continue=" + second.text("/continue"));
        assertThat(names(third)).containsExactly("g");
        assertThat(third.json().has("continue")).isFalse();
        assertThat(third.json().at("/revision").asLong())
                .isGreaterThan(first.json().at("/revision").asLong());
    }

    private static List<String> names(Answer answer) {
        var names = new ArrayList<String>();
        answer.json().at("/items").forEach(i -> names.add(i.at("/metadata/name").asString()));
        return names;
    }

    @Test
    void aLastPageThatIsJustFullIsTheLast() {
        server.put("/projects/a", project("a", ""));

        assertThat(server.get("/projects?limit=2").json().has("continue")).isFalse();
    }

    @Test
    void badPagingIsRefused() {
        assertThat(server.get("/projects?limit=0").status()).isEqualTo(400);
        assertThat(server.get("/projects?limit=many").status()).isEqualTo(400);
        assertThat(server.get("/projects?continue=%21%21").status()).isEqualTo(400);
        assertThat(server.get("/projects?continue=YQ").status()).isEqualTo(400);
    }

    @Test
    void listsOverOneProjectOrAll() {
        server.apply(PROJECT + CATEGORY + CAMERA);
        server.post("/apply", CAMERA.replace("project: fashion, ", ""));

        assertThat(names(server.get("/datasources"))).containsExactly("camera", "camera");
        assertThat(names(server.get("/projects/fashion/datasources"))).containsExactly("camera");
        assertThat(server.get("/projects/none/datasources").status()).isEqualTo(404);
        Answer first = server.get("/datasources?limit=1");
        Answer second = server.get("/datasources?limit=1&continue=" + first.text("/continue"));
        assertThat(first.text("/items/0/metadata/project")).isEqualTo("default");
        assertThat(second.text("/items/0/metadata/project")).isEqualTo("fashion");
    }

    @Test
    void unknownPathsAndMethodsAreProblemsToo() {
        Answer nothing = server.get("/nothing/here");
        assertThat(nothing.status()).isEqualTo(404);
        assertThat(nothing.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(nothing.text("/code")).isEqualTo("NOT_FOUND");

        Answer method = server.post("/projects", "{}");
        assertThat(method.status()).isEqualTo(405);
        assertThat(method.header("Allow")).isEqualTo("GET");
        assertThat(server.get("/projects/not%20a%20name").status()).isEqualTo(400);
    }

    @Test
    void aBodyThatIsTooLargeOrNoTextIsRefused() {
        String big = project("a", "x".repeat(70_000));
        Answer large = server.put("/projects/a", big);
        assertThat(large.status()).isEqualTo(413);
        assertThat(large.text("/code")).isEqualTo("TOO_LARGE");
        var unknownLength =
                java.net.http.HttpRequest.BodyPublishers.ofInputStream(() ->
                        new java.io.ByteArrayInputStream(
                                big.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        assertThat(server.send("PUT", "/projects/a", unknownLength).status()).isEqualTo(413);

        assertThat(server.post("/apply", new byte[] {(byte) 0xff, 0x41}).status()).isEqualTo(400);
        assertThat(server.put("/projects/a", "").status()).isEqualTo(400);
        assertThat(server.get("").status()).isEqualTo(200);
    }
}
