package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.FakeApi;
import java.io.IOException;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class InsightCommandsTest {

    private static final String PIPELINE = "/api/v1/projects/default/pipelines/fashion";
    private static final String RECORD =
            """
            {"time":"2026-01-01T00:00:00Z","edge":"%s","position":"t/0/%d","key":"k",\
            "headers":[],"payload":{"format":"json","size":7,"text":"{\\"a\\":%d}"}%s}\
            """;

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
        return CliRun.of(api, arguments);
    }

    private static String event(String name, String data) {
        return "event: " + name + "\ndata: " + data + "\n\n";
    }

    @Test
    void showsTappedRecordsLineByLineUntilThereAreEnough() {
        api.events(
                "GET " + PIPELINE + "/tap?edge=classify&rate=5.0&every=10",
                ": open\n\n"
                        + event("record", RECORD.formatted("step 1 function/classify", 1, 1, ""))
                        + event("missed", "{\"sampled\":40,\"behind\":2}")
                        + event(
                                "record",
                                RECORD.formatted(
                                        "step 1 function/classify",
                                        2,
                                        2,
                                        ",\"failure\":{\"stage\":\"step 1\",\"code\":\"USER_CODE\","
                                                + "\"reason\":\"no such\\nthing\",\"attempts\":1}"))
                        + event("record", RECORD.formatted("out", 3, 3, "")));
        CliRun run =
                run("tap", "pipeline/fashion:classify", "--rate", "5", "--every", "10", "-n", "2");
        assertThat(run.err())
                .isEqualToIgnoringNewLines(
                        "millrace: 42 more passed and were not shown, 2 of them for a slow"
                                + " connection");
        assertThat(run.out().lines())
                .containsExactly(
                        "2026-01-01T00:00:00Z step 1 function/classify t/0/1 k {\"a\":1}",
                        "2026-01-01T00:00:00Z step 1 function/classify t/0/2 k {\"a\":2}"
                                + "  FAILED USER_CODE: no such thing");
        assertThat(run.code()).isZero();
    }

    @Test
    void aTapThatTheServerEndsIsAnError() {
        api.events("GET " + PIPELINE + "/tap?edge=out&rate=20.0&every=1", ": open\n\n");
        CliRun run = run("tap", "fashion");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("the server ended the stream");
        assertThat(run("tap", "model/fashion").err()).contains("is no pipeline");
    }

    @Test
    void showsWhatBecameOfARecord() {
        api.json("GET " + PIPELINE + "/trace?position=t%2F0%2F7&try=true", trace("answered"));
        CliRun run = run("trace", "pipeline/fashion", "t/0/7");
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines())
                .containsExactly(
                        "Record  t/0/7",
                        "  time: 2026-01-01T00:00:00Z",
                        "  received: 2026-01-01T00:00:00.001Z",
                        "  key: k",
                        "  millrace.topic: cam/1",
                        "  payload: abc (text, 3 bytes)",
                        "State  answered",
                        "Output  results/1/9",
                        "  time: 2026-01-01T00:00:01Z",
                        "  steps: model/digits@2",
                        "  payload: 7 (json, 1 bytes)",
                        "  note: mqtt out: nothing is known",
                        "Now  through the present steps, with nothing written",
                        "  step 1 model/digits  1.3 ms",
                        "    gives: 7 (json, 1 bytes)",
                        "  step 2 function/f  0.5 ms",
                        "    failed: step 2 function/f: USER_CODE no");
        assertThat(run("trace", "fashion").err()).contains("say which record");
        assertThat(run("trace", "fashion", "t/0/7", "--next").err()).contains("say which record");
    }

    private static String trace(String state) {
        return """
        {"input":{"position":"t/0/7","time":"2026-01-01T00:00:00Z",
           "received":"2026-01-01T00:00:00.001Z","key":"k",
           "headers":[{"name":"millrace.topic","value":"cam/1"}],
           "payload":{"format":"text","size":3,"text":"abc"}},
         "state":{"name":"%s"},
         "outputs":[{"position":"results/1/9","time":"2026-01-01T00:00:01Z",
           "steps":["model/digits@2"],"payload":{"format":"json","size":1,"text":"7"}}],
         "remarks":["mqtt out: nothing is known"],
         "steps":[{"step":"step 1 model/digits","millis":1.25,
             "payloads":[{"format":"json","size":1,"text":"7"}]},
           {"step":"step 2 function/f","millis":0.5,"payloads":[],
             "failure":{"stage":"step 2 function/f","code":"USER_CODE","reason":"no","attempts":1}}]}
        """
                .formatted(state);
    }

    @Test
    void followsTheNextRecordUntilItIsAnswered() {
        api.events(
                "GET " + PIPELINE + "/tap?edge=in&rate=1.0&every=1",
                event("record", RECORD.formatted("in", 7, 7, "")));
        api.json("GET " + PIPELINE + "/trace?position=t%2F0%2F7&try=false", trace("pending"));
        api.json("GET " + PIPELINE + "/trace?position=t%2F0%2F7&try=false", trace("answered"));
        api.json("GET " + PIPELINE + "/trace?position=t%2F0%2F7&try=true", trace("answered"));
        CliRun run = run("trace", "pipeline/fashion", "--next");
        assertThat(run.out()).contains("State  answered");
        assertThat(api.lines())
                .filteredOn(line -> line.contains("try=false"))
                .as("asked again while it was pending")
                .hasSize(2);
    }

    @Test
    void waitsForAReplayAndShowsWhatItFound() {
        api.json("POST " + PIPELINE + "/replays", job("running", "{}"));
        api.json("GET " + PIPELINE + "/replays/r1", job("running", "{}"));
        api.json("GET " + PIPELINE + "/replays/r1", job("done", report()));
        CliRun run =
                run(
                        "replay",
                        "pipeline/fashion",
                        "--from",
                        "2026-01-01",
                        "--to",
                        "2026-01-02T06:00:00+01:00",
                        "--model",
                        "digits=3",
                        "--into",
                        "try");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(api.last("POST").text())
                .isEqualTo(
                        "{\"from\":\"2026-01-01T00:00:00Z\",\"to\":\"2026-01-02T05:00:00Z\","
                                + "\"limit\":100000,\"examples\":10,\"models\":{\"digits\":3},"
                                + "\"into\":\"try\"}");
        assertThat(run.out().lines())
                .containsExactly(
                        "done: finished (r1)",
                        "compared with the topic kept",
                        "",
                        "RECORDS  SAME  DIFFERENT  ONLY THEN  ONLY NOW  FAILED THEN  FAILED NOW"
                                + "  NEITHER  AGREEMENT",
                        "10       8     2          0          0         0            0         "
                                + "  0        80.00 %",
                        "",
                        "labels: then in rows, now in columns",
                        "       cat  dog",
                        "  cat  5    2",
                        "  dog  0    3",
                        "",
                        "mean absolute difference of 10 numbers: 0.0125000",
                        "",
                        "records that differ:",
                        "  t/0/3",
                        "    then: cat",
                        "    now:  nothing");
    }

    private static String job(String state, String report) {
        return """
        {"id":"r1","state":"%s","message":"finished","done":10,"total":10,
         "from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00Z","report":%s}\
        """
                .formatted(state, report);
    }

    private static String report() {
        return """
        {"comparedWith":"kept","source":"the topic kept","records":10,"same":8,"different":2,
         "onlyThen":0,"onlyNow":0,"neither":0,"failedThen":0,"failedNow":0,"agreement":0.8,
         "labels":[{"then":"cat","now":"cat","count":5},{"then":"cat","now":"dog","count":2},
           {"then":"dog","now":"dog","count":3}],
         "numbers":10,"meanDifference":0.0125,
         "examples":[{"position":"t/0/3","then":["cat"],"now":[]}]}\
        """;
    }

    @Test
    void aReplayThatFailedIsAnError() {
        api.json("POST " + PIPELINE + "/replays", job("failed", "{}"));
        assertThat(run("replay", "fashion", "--from", "2h").code()).isEqualTo(1);
        assertThat(run("replay", "fashion").err()).contains("say from when");
        assertThat(run("replay", "fashion", "--from", "then").err())
                .contains("'then' is no time; expected one such as 2026-01-31T12:00:00Z");
    }

    @Test
    void listsAndCancelsReplays() {
        api.json("GET " + PIPELINE + "/replays", "{\"items\":[" + job("running", report()) + "]}");
        api.json("DELETE " + PIPELINE + "/replays/r1", job("cancelled", "{}"));
        assertThat(run("replay", "fashion", "--list").out().lines().toList().getLast())
                .startsWith("r1  running  10/10    80.00 %");
        assertThat(run("replay", "fashion", "--list", "-o", "yaml").out())
                .startsWith("items:")
                .contains("id: r1");
        assertThat(run("replay", "fashion", "--cancel", "r1").out()).startsWith("cancelled");
    }

    @Test
    void readsTimes() {
        Instant now = Instant.parse("2026-01-02T12:00:00Z");
        assertThat(TimeText.parse("now", now)).isEqualTo(now);
        assertThat(TimeText.parse("90m", now)).isEqualTo("2026-01-02T10:30:00Z");
        assertThat(TimeText.parse("2d", now)).isEqualTo("2025-12-31T12:00:00Z");
        assertThat(TimeText.parse("2026-01-01", now)).isEqualTo("2026-01-01T00:00:00Z");
        assertThatThrownBy(() -> TimeText.parse("", now)).hasMessageContaining("is no time");
    }
}
