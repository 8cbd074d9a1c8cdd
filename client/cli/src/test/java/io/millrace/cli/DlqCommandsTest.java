package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.FakeApi;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DlqCommandsTest {

    private static final String LETTERS = "/api/v1/projects/default/pipelines/p/dead-letters";

    private FakeApi api;

    @BeforeEach
    void start() throws IOException {
        api = new FakeApi();
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private CliRun run(String... arguments) {
        return CliRun.of(api, Path.of(""), "", arguments);
    }

    private static String letter(String position, String payload) {
        return """
        {"position":"%s","partition":0,"offset":17,"state":"redriven","code":"USER_CODE",
         "stage":"step 1 function/f","reason":"KeyError: 'image'","attempts":3,
         "readAt":"default.source.s.f/0/4","diedAt":"2020-01-01T00:00:00Z",
         "time":"2019-12-31T00:00:00Z","key":"k","steps":["model/m@3","function/f@7"],
         "headers":[{"name":"colour","value":"red"}],"payload":%s}\
        """
                .formatted(position, payload);
    }

    private static String job(String state, int looked, int settled, String message) {
        return """
        {"id":"j1","action":"redrive","state":"%s","looked":%d,"total":100,"settled":%d,
         "startedAt":"2020-01-01T00:00:00Z","changedAt":"2020-01-01T00:00:00Z","message":"%s"}\
        """
                .formatted(state, looked, settled, message);
    }

    @Test
    void listsLettersOverSeveralParts() {
        String one = letter("0/17", "{}");
        api.json(
                "GET " + LETTERS + "?limit=50&state=all",
                "{\"kept\":true,\"items\":[" + one + "],\"continue\":\"1/0\"}");
        api.json(
                "GET " + LETTERS + "?limit=49&state=all&continue=1%2F0",
                "{\"kept\":true,\"items\":[" + letter("1/2", "{}") + "]}");
        CliRun run = run("dlq", "list", "pipeline/p", "--state", "all");
        assertThat(run)
                .isEqualTo(
                        new CliRun(
                                0,
                                """
                                POSITION  FATE      CODE       STAGE              TRIES  KEY  REASON
                                0/17      redriven  USER_CODE  step 1 function/f  3      k    KeyError: 'image'
                                1/2       redriven  USER_CODE  step 1 function/f  3      k    KeyError: 'image'
                                """,
                                ""));
    }

    @Test
    void filtersWhatItLists() {
        api.json(
                "GET "
                        + LETTERS
                        + "?limit=2&code=INVALID&contains=a%20b&since=2026-01-01T00%3A00%3A00Z"
                        + "&stage=model%2Fm&state=open&step=model%2Fm%403",
                "{\"kept\":true,\"items\":["
                        + letter("0/1", "{}")
                        + ","
                        + letter("0/2", "{}")
                        + "],\"continue\":\"0/3\"}");
        CliRun run =
                run(
                        "dlq",
                        "list",
                        "p",
                        "--code",
                        "INVALID",
                        "--contains",
                        "a b",
                        "--stage",
                        "model/m",
                        "--since",
                        "2026-01-01T00:00:00Z",
                        "--step",
                        "model/m@3",
                        "--limit",
                        "2",
                        "-o",
                        "json");
        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("[").contains("\"position\" : \"0/2\"");
        assertThat(run.err()).contains("there may be more");
        assertThat(run("dlq", "list", "p", "--since", "soon").err()).contains("30m or 2h");
        assertThat(run("dlq", "list", "function/f").err()).contains("only pipelines");
    }

    @Test
    void saysWhyThereAreNone() {
        api.json("GET " + LETTERS + "?limit=50&state=open", "{\"kept\":false,\"items\":[]}");
        assertThat(run("dlq", "list", "p").err())
                .contains("no such dead letters")
                .contains("onError.deadLetter: false");
    }

    @Test
    void showsALetter() {
        api.json(
                "GET " + LETTERS + "/0/17",
                letter(
                        "0/17",
                        "{\"form\":\"json\",\"size\":7,\"isCut\":false,\"json\":{\"a\":1}}"));
        assertThat(run("dlq", "show", "pipeline/p", "0/17"))
                .isEqualTo(
                        new CliRun(
                                0,
                                """
                                Dead letter 0/17
                                  state       redriven
                                  reason      KeyError: 'image'
                                  code        USER_CODE
                                  stage       step 1 function/f
                                  attempts    3
                                  died        2020-01-01T00:00:00Z
                                  read at     default.source.s.f/0/4
                                  dated       2019-12-31T00:00:00Z
                                  key         k
                                  versions    model/m@3, function/f@7
                                  header      colour: red

                                Payload: json, 7 B
                                  {
                                    "a" : 1
                                  }
                                """,
                                ""));
        assertThat(run("dlq", "show", "p", "17").err()).contains("as in 0/17");
        assertThat(run("dlq", "show", "p", "0/17", "-o", "yaml").out()).contains("colour");
    }

    @Test
    void redrivesAndLooksOnUntilItIsDone() {
        api.json("POST " + LETTERS + "/redrive", job("running", 0, 0, ""));
        api.json("GET " + LETTERS + "/jobs/j1", job("running", 50, 40, ""));
        api.json("GET " + LETTERS + "/jobs/j1", job("done", 100, 80, ""));
        assertThat(run("dlq", "redrive", "pipeline/p", "--code", "USER_CODE"))
                .isEqualTo(new CliRun(0, "80 dead letters of pipeline/p redriven\n", ""));
        assertThat(api.last("POST").text()).isEqualTo("{\"code\":\"USER_CODE\"}");
    }

    @Test
    void saysWhenNamedLettersAreNotThere() {
        api.json("POST " + LETTERS + "/redrive", job("running", 0, 0, ""));
        api.json("GET " + LETTERS + "/jobs/j1", job("done", 2, 1, ""));
        CliRun run = run("dlq", "redrive", "pipeline/p", "0/17", "0/99");
        assertThat(run.out()).isEqualTo("1 dead letter of pipeline/p redriven\n");
        assertThat(run.err())
                .contains("1 of 2 positions hold no open dead letter")
                .contains("millrace dlq list pipeline/p --state all");
    }

    @Test
    void aJobThatFailsIsAFailureOfTheCommand() {
        api.json("POST " + LETTERS + "/redrive", job("running", 0, 0, ""));
        api.json("GET " + LETTERS + "/jobs/j1", job("failed", 10, 1, "the payload is gone"));
        CliRun run = run("dlq", "redrive", "pipeline/p", "0/17", "0/18");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out())
                .isEqualTo("failed: 1 dead letter of pipeline/p redriven; the payload is gone\n");
        assertThat(api.last("POST").text()).isEqualTo("{\"positions\":[\"0/17\",\"0/18\"]}");
    }

    @Test
    void takesAllOnlyWhenToldTo() {
        api.json("POST " + LETTERS + "/drop", job("done", 100, 100, ""));
        CliRun silent = run("dlq", "drop", "pipeline/p");
        assertThat(silent.code()).isEqualTo(1);
        assertThat(silent.err()).contains("or --all");
        assertThat(run("dlq", "drop", "p", "--all", "--code", "INVALID").err())
                .contains("does not go with");
        assertThat(api.lines()).isEmpty();
        assertThat(run("dlq", "drop", "p", "--all").out())
                .isEqualTo("100 dead letters of pipeline/p dropped\n");
        assertThat(api.last("POST").text()).isEqualTo("{\"all\":true}");
    }

    @Test
    void doesNotWaitWhenToldSo() {
        api.json("POST " + LETTERS + "/redrive", job("running", 0, 0, ""));
        CliRun run = run("dlq", "redrive", "p", "--all", "--no-wait");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("job j1 started").contains("millrace dlq jobs pipeline/p");
    }

    @Test
    void countsAndShowsJobs() {
        api.json(
                "GET " + LETTERS + "/counts",
                "{\"kept\":true,\"open\":1,\"redriven\":2,\"dropped\":3}");
        assertThat(run("dlq", "count", "p").out())
                .isEqualTo("OPEN  REDRIVEN  DROPPED\n1     2         3\n");
        api.json("GET " + LETTERS + "/jobs", "{\"items\":[" + job("done", 100, 80, "") + "]}");
        assertThat(run("dlq", "jobs", "p").out())
                .contains("j1  redrive  100/100   80       done  2020-01-01T00:00:00Z");
        api.json("DELETE " + LETTERS + "/jobs/j1", job("running", 1, 1, ""));
        assertThat(run("dlq", "jobs", "p", "--cancel", "j1").out()).isEqualTo("job j1 stops\n");
    }
}
