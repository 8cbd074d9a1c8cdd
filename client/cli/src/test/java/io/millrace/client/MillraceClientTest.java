package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.Revision;
import io.millrace.api.Scope;
import io.millrace.api.TimeSource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

@Timeout(30)
class MillraceClientTest {

    private static final ProjectId FASHION = new ProjectId("fashion");
    private static final ResourceKey FUNCTION = ResourceKey.of(Kind.FUNCTION, FASHION, "f");
    private static final String FUNCTION_PATH = "/api/v1/projects/fashion/functions/f";

    private FakeApi api;
    private MillraceClient client;

    @BeforeEach
    void start() throws IOException {
        api = new FakeApi();
        client = new MillraceClient(api.address(), TimeSource.system());
    }

    @AfterEach
    void stop() {
        client.close();
        api.close();
    }

    @Test
    void listsAllPages() {
        String path = "GET /api/v1/projects/fashion/pipelines?limit=500";
        api.json(
                path,
                """
                {"items":[{"kind":"Pipeline","metadata":{"name":"a"}}],"continue":"x/1","revision":42}\
                """);
        api.json(
                path + "&continue=x%2F1",
                """
                {"items":[{"kind":"Pipeline","metadata":{"name":"b"}}],"revision":43}\
                """);

        Listing listing = client.list(Kind.PIPELINE, new Scope.InProject(FASHION));

        assertThat(listing.items()).extracting(ApiResource::name).containsExactly("a", "b");
        assertThat(listing.revision()).isEqualTo(new Revision(42));
    }

    @Test
    void passesOnTheServersDetailAndPlaces() {
        api.problem(
                "GET " + FUNCTION_PATH,
                400,
                "INVALID",
                "two things are wrong",
                """
                {"source":"1","line":3,"column":5,"pointer":"/spec/a","message":"no"}\
                """);

        assertThatThrownBy(() -> client.get(FUNCTION))
                .hasMessage("two things are wrong")
                .isInstanceOfSatisfying(
                        ApiException.class,
                        e -> {
                            assertThat(e.code()).isEqualTo(ErrorCode.INVALID);
                            assertThat(e.status()).isEqualTo(400);
                            assertThat(e.problems())
                                    .containsExactly(new Problem("1", 3, 5, "/spec/a", "no"));
                        });
    }

    @Test
    void waitsForAServerThatStarts() {
        String line = "POST /api/v1/apply?project=fashion&dryRun=false";
        api.starting(line, 0).starting(line, 1).json(line, "{\"results\":[]}");

        assertThat(client.apply(FASHION, "kind: Function", false)).isEmpty();
        assertThat(api.lines()).containsExactly(line, line, line);
        assertThat(api.last("POST").text()).isEqualTo("kind: Function");
    }

    @Test
    void doesNotAskAgainWhereItIsNotToldTo() {
        api.problem("GET " + FUNCTION_PATH, 503, "UNAVAILABLE", "the disk is full", "");

        assertThatThrownBy(() -> client.get(FUNCTION)).hasMessage("the disk is full");
        assertThat(api.requests()).hasSize(1);
    }

    @Test
    void saysWhereNobodyAnswersAndHowToStartAServer() throws IOException {
        // Bound and not listening: nobody else can take the port.
        try (var held = new Socket()) {
            held.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            var address = URI.create("http://localhost:" + held.getLocalPort());
            try (var lonely = new MillraceClient(address, TimeSource.system())) {
                assertThatThrownBy(() -> lonely.get(FUNCTION))
                        .hasMessageContaining(address.toString())
                        .hasMessageContaining("./millrace server")
                        .isInstanceOfSatisfying(
                                MillraceException.class,
                                e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
                assertThat(lonely.isUp()).isFalse();
            }
        }
    }

    @Test
    void suspectsAnotherServerWhenTheAnswerIsNotMillraces() {
        byte[] page = "<html>".getBytes(StandardCharsets.UTF_8);
        api.answer("GET " + FUNCTION_PATH, 200, "text/html", page);
        assertThatThrownBy(() -> client.get(FUNCTION)).hasMessageContaining("is it a Millrace");

        api.answer("DELETE " + FUNCTION_PATH, 404, "text/html", page);
        assertThatThrownBy(() -> client.delete(FUNCTION))
                .hasMessageContaining("answered 404 to DELETE " + FUNCTION_PATH)
                .hasMessageContaining("is it a Millrace");
    }

    @Test
    void findsNothingWhereNothingIs() {
        assertThat(client.find(FUNCTION)).isEmpty();
    }

    @Test
    void replacesOnlyWhatNobodyChanged() {
        api.json("PUT " + FUNCTION_PATH, "{\"kind\":\"Function\"}");
        var manifest = JsonMapper.shared().createObjectNode().put("kind", "Function");

        client.putIf(FUNCTION, manifest, new Revision(7));
        assertThat(api.last("PUT").header("If-match")).isEqualTo("\"7\"");
        client.putIf(FUNCTION, manifest, Revision.NONE);
        assertThat(api.last("PUT").header("If-none-match")).isEqualTo("*");
        client.put(FUNCTION, manifest);
        assertThat(api.last("PUT").headers()).doesNotContainKeys("If-match", "If-none-match");
        assertThat(api.last("PUT").text()).isEqualTo("{\"kind\":\"Function\"}");
    }

    @Test
    void uploadsAFileAndTellsHowFarItIs(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("m.zip"), new byte[100_000]);
        api.json("POST /api/v1/projects/fashion/blobs", "{\"uri\":\"blob:sha256:ab\"}");
        var progress = new ArrayList<Long>();

        String uri =
                client.uploadBlob(
                        FASHION,
                        file,
                        (sent, total) -> {
                            assertThat(total).isEqualTo(100_000);
                            progress.add(sent);
                        });

        assertThat(uri).isEqualTo("blob:sha256:ab");
        assertThat(api.last("POST").body()).hasSize(100_000);
        assertThat(progress).isSorted().hasSizeGreaterThan(1).endsWith(100_000L);
    }

    @Test
    void knowsWhetherContentIsThere() {
        api.answer("HEAD /api/v1/projects/fashion/blobs/ab", 200, "x/y", new byte[0]);
        assertThat(client.hasBlob(FASHION, "ab")).isTrue();
        assertThat(client.hasBlob(FASHION, "cd")).isFalse();
    }

    @Test
    void followsALogAcrossBrokenConnectionsAndBringsEachLineOnce() {
        String path = "GET /api/v1/projects/fashion/pipelines/p/logs?tail=10&follow=true";
        String again = "GET /api/v1/projects/fashion/pipelines/p/logs?tail=1000&follow=true";
        api.events(path, ": hello\n\n" + line(1, "a") + line(1, "b"));
        api.events(again, line(1, "a") + line(1, "b") + line(1, "c") + line(2, "d") + line(2, "d"));
        var heard = new ArrayList<String>();

        client.followLogs(
                new LogQuery(FASHION, new ResourceName("p"), null, 10),
                event -> {
                    switch (event) {
                        case LogEvent.Line line -> heard.add(line.text());
                        case LogEvent.Lost(long lines) -> heard.add("lost " + lines);
                        case LogEvent.Reconnecting _ -> heard.add("again");
                    }
                    return heard.size() < 6;
                });

        assertThat(heard).containsExactly("a", "b", "again", "c", "d", "d");
    }

    @Test
    void endsFollowingWhenThePipelineIsGone() {
        String path = "GET /api/v1/projects/fashion/pipelines/p/logs?tail=10&follow=true";
        api.events(path, line(1, "a"));
        var query = new LogQuery(FASHION, new ResourceName("p"), null, 10);
        assertThatThrownBy(() -> client.followLogs(query, _ -> true))
                .isInstanceOfSatisfying(
                        ApiException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
    }

    @Test
    void tellsOfLostLines() {
        api.events(
                "GET /api/v1/projects/fashion/pipelines/p/logs?tail=0&step=f&follow=true",
                "event: lost\ndata: {\"lines\":7}\n\n");
        var heard = new ArrayList<LogEvent>();
        client.followLogs(
                new LogQuery(FASHION, new ResourceName("p"), "f", 0),
                event -> {
                    heard.add(event);
                    return false;
                });
        assertThat(heard).containsExactly(new LogEvent.Lost(7));
    }

    @Test
    void watchesOnFromTheLastRevision() {
        String path = "GET /api/v1/watch?kind=pipelines&project=fashion&after=";
        api.events(path + 5, "event: put\nid: 6\ndata: {\"metadata\":{\"name\":\"a\"}}\n\n");
        api.events(path + 6, "event: deleted\nid: 9\ndata: {\"metadata\":{\"name\":\"a\"}}\n\n");
        var heard = new ArrayList<WatchEvent>();

        client.watch(
                Kind.PIPELINE,
                new Scope.InProject(FASHION),
                new Revision(5),
                event -> {
                    heard.add(event);
                    return heard.size() < 2;
                });

        assertThat(heard.getFirst()).isInstanceOf(WatchEvent.Put.class);
        assertThat(heard.getLast()).isInstanceOf(WatchEvent.Deleted.class);
        assertThat(heard).extracting(e -> e.revision().value()).containsExactly(6L, 9L);
    }

    @Test
    void readsThePortsOfTheServer() {
        api.json("GET /api/v1", "{\"version\":\"1\",\"ports\":{\"mqtt\":1883,\"mqttPlain\":null}}");
        assertThat(client.info().ports()).containsOnlyKeys("mqtt").containsEntry("mqtt", 1883);
    }

    @Test
    void refusesAnAddressThatIsNone() {
        for (String address : List.of("ftp://x", "localhost:8080", "http:///x")) {
            assertThatThrownBy(() -> new MillraceClient(URI.create(address), TimeSource.system()))
                    .hasMessageContaining("must look like http://localhost:8080");
        }
    }

    private static String line(int second, String text) {
        return "event: line\ndata: {\"step\":\"f\",\"worker\":\"1\",\"time\":\"2026-01-01T00:00:0"
                + second
                + "Z\",\"text\":\""
                + text
                + "\"}\n\n";
    }
}
