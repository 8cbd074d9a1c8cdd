package io.millrace.management.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.spi.DeadLetter;
import io.millrace.spi.DeadLetter.Fate;
import io.millrace.spi.Header;
import io.millrace.spi.LetterFilter;
import io.millrace.spi.LetterJob;
import io.millrace.spi.LetterPosition;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class DeadLetterRoutesTest {
    private static final String LETTERS = "/projects/default/pipelines/p/dead-letters";
    private static final long DIED = Instant.parse("2026-01-31T12:00:00Z").toEpochMilli();
    private final TestServer server = new TestServer();

    @BeforeEach
    void aPipeline() {
        server.apply(
                """
                apiVersion: millrace.io/v1
                kind: DataSource
                metadata: {name: s}
                spec: {mqtt: {}, fields: [{name: f, topic: t}]}
                ---
                apiVersion: millrace.io/v1
                kind: Pipeline
                metadata: {name: p}
                spec: {from: {dataSource: {name: s}}, to: [{kafka: {topic: k}}]}
                """);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void letter(int offset, Fate fate, String code, byte[] payload) {
        server.letters.letters.add(
                new DeadLetter(
                        new LetterPosition(0, offset),
                        fate,
                        new byte[] {'k'},
                        payload,
                        payload.length,
                        List.of(Header.of("colour", "red"), new Header("raw", new byte[] {0, 1})),
                        DIED - 1_000,
                        "default.source.s.f/0/4",
                        code,
                        "step 1 function/f",
                        "KeyError: 'image'",
                        3,
                        List.of("function/f@7"),
                        DIED));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void listsWhatIsOpenInParts() {
        for (int i = 0; i < 5; i++) {
            letter(i, i == 1 ? Fate.DROPPED : Fate.OPEN, "INVALID", bytes("text"));
        }
        JsonNode first = server.get(LETTERS + "?limit=3").json();
        assertThat(first.findValuesAsString("position")).containsExactly("0/0", "0/2", "0/3");
        assertThat(first.at("/kept").asBoolean()).isTrue();
        JsonNode second =
                server.get(LETTERS + "?limit=3&continue=" + first.at("/continue").asString())
                        .json();
        assertThat(second.findValuesAsString("position")).containsExactly("0/4");
        assertThat(second.has("continue")).isFalse();
        assertThat(server.get(LETTERS + "?state=all").json().at("/items")).hasSize(5);
        assertThat(server.get(LETTERS + "?state=dropped").json().at("/items")).hasSize(1);
    }

    @Test
    void filters() {
        letter(0, Fate.OPEN, "INVALID", bytes("a"));
        letter(1, Fate.OPEN, "USER_CODE", bytes("b"));
        assertThat(positions("?code=USER_CODE")).containsExactly("0/1");
        assertThat(positions("?since=2026-01-31T12:00:01Z")).isEmpty();
        assertThat(positions("?until=2026-01-31T12:00:01Z&stage=function/f")).hasSize(2);
        assertThat(server.get(LETTERS + "?since=yesterday").status()).isEqualTo(400);
        assertThat(server.get(LETTERS + "?state=gone").text("/detail")).contains("redriven");
        assertThat(server.get(LETTERS + "?continue=x").status()).isEqualTo(400);
    }

    private List<String> positions(String query) {
        return server.get(LETTERS + query).json().findValuesAsString("position");
    }

    @Test
    void showsALetterForPeople() {
        letter(17, Fate.REDRIVEN, "INVALID", bytes("{\"a\": [1, 2]}"));
        JsonNode letter = server.get(LETTERS + "/0/17").json();
        assertThat(letter.at("/state").asString()).isEqualTo("redriven");
        assertThat(letter.at("/payload/form").asString()).isEqualTo("json");
        assertThat(letter.at("/payload/json/a/1").asInt()).isEqualTo(2);
        assertThat(letter.at("/payload/size").asInt()).isEqualTo(13);
        assertThat(letter.at("/headers/0/value").asString()).isEqualTo("red");
        assertThat(letter.at("/readAt").asString()).isEqualTo("default.source.s.f/0/4");
        assertThat(letter.at("/diedAt").asString()).isEqualTo("2026-01-31T12:00:00Z");
        assertThat(letter.at("/time").asString()).isEqualTo("2026-01-31T11:59:59Z");
        assertThat(letter.at("/steps/0").asString()).isEqualTo("function/f@7");
        assertThat(letter.at("/attempts").asInt()).isEqualTo(3);
        assertThat(server.get(LETTERS + "/0/18").status()).isEqualTo(404);
        assertThat(server.get(LETTERS + "/0/x").status()).isEqualTo(400);
    }

    @Test
    void showsBytesAsBytesAndLongPayloadsCut() {
        byte[] picture = new byte[100_000];
        picture[1] = (byte) 0xff;
        letter(0, Fate.OPEN, "INVALID", picture);
        letter(1, Fate.OPEN, "INVALID", bytes("word ".repeat(50_000)));
        JsonNode shown = server.get(LETTERS + "/0/0").json().at("/payload");
        assertThat(shown.at("/form").asString()).isEqualTo("binary");
        assertThat(shown.at("/hex").asString()).startsWith("00ff00").hasSize(1_024);
        assertThat(java.util.Base64.getDecoder().decode(shown.at("/base64").asString()))
                .hasSize(65_536)
                .startsWith(0, 0xff, 0);
        assertThat(shown.at("/isCut").asBoolean()).isTrue();
        assertThat(shown.at("/size").asInt()).isEqualTo(100_000);
        JsonNode text = server.get(LETTERS + "/0/1").json().at("/payload");
        assertThat(text.at("/form").asString()).isEqualTo("text");
        assertThat(text.at("/text").asString()).startsWith("word word");
        assertThat(text.at("/size").asInt()).isEqualTo(250_000);
    }

    @Test
    void answersJsonWhateverPayloadsHold() {
        letter(0, Fate.OPEN, "INVALID", bytes("{\"a\": NaN}"));
        letter(1, Fate.OPEN, "INVALID", new byte[] {(byte) 0x81, (byte) 0xa1, 'a', 7});
        JsonNode letters = server.get(LETTERS).json().at("/items");
        assertThat(letters.at("/0/payload/text").asString()).isEqualTo("{\"a\": NaN}");
        assertThat(letters.at("/1/payload/form").asString()).isEqualTo("msgpack");
        assertThat(letters.at("/1/payload/json/a").asInt()).isEqualTo(7);
    }

    @Test
    void startsJobs() {
        var answer = server.post(LETTERS + "/redrive", "{\"code\": \"USER_CODE\"}");
        assertThat(answer.status()).isEqualTo(202);
        assertThat(answer.text("/id")).isEqualTo("job-0");
        assertThat(answer.text("/action")).isEqualTo("redrive");
        assertThat(answer.text("/state")).isEqualTo("running");
        assertThat(server.letters.jobs.getFirst().filter().code()).isEqualTo("USER_CODE");
        server.post(LETTERS + "/drop", "{\"positions\": [\"0/17\", \"1/2\"]}");
        LetterJob drop = server.letters.jobs.getLast();
        assertThat(drop.action()).isEqualTo(LetterJob.Action.DROP);
        assertThat(drop.filter().positions())
                .isEqualTo(Set.of(new LetterPosition(0, 17), new LetterPosition(1, 2)));
        server.post(LETTERS + "/drop", "{\"all\": true}");
        assertThat(server.letters.jobs.getLast().filter()).isEqualTo(LetterFilter.ALL);
        assertThat(server.get(LETTERS + "/jobs").json().findValuesAsString("id"))
                .containsExactly("job-0", "job-1", "job-2");
        assertThat(server.get(LETTERS + "/jobs/job-1").text("/action")).isEqualTo("drop");
        assertThat(server.delete(LETTERS + "/jobs/job-1").status()).isEqualTo(200);
        assertThat(server.get(LETTERS + "/jobs/job-9").status()).isEqualTo(404);
    }

    @Test
    void doesNotTakeSilenceForAll() {
        assertThat(server.post(LETTERS + "/redrive", "{}").status()).isEqualTo(400);
        assertThat(server.post(LETTERS + "/drop", "{\"cod\": \"X\"}").status()).isEqualTo(400);
        assertThat(server.letters.jobs).isEmpty();
    }

    @Test
    void counts() {
        letter(0, Fate.OPEN, "INVALID", bytes("a"));
        JsonNode counts = server.get(LETTERS + "/counts").json();
        assertThat(counts.at("/open").asInt()).isEqualTo(1);
        assertThat(counts.at("/redriven").asInt()).isEqualTo(2);
        assertThat(counts.at("/dropped").asInt()).isEqualTo(3);
    }

    @Test
    void knowsOnlyPipelinesThatAreThere() {
        assertThat(server.get("/projects/default/pipelines/none/dead-letters").status())
                .isEqualTo(404);
    }
}
