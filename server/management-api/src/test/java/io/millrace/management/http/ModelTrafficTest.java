package io.millrace.management.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.Kind;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.management.http.TestServer.Answer;
import io.millrace.spi.TrafficReport;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class ModelTrafficTest {
    private static final String MODEL = "/projects/default/models/m";
    private static final ResourceKey KEY = ResourceKey.of(Kind.MODEL, ProjectId.DEFAULT, "m");

    private final TestServer server = new TestServer();

    @BeforeEach
    void uploadThreeVersions() {
        for (int version = 1; version <= 3; version++) {
            assertThat(server.post(MODEL + "/versions/" + version, TestServer.GOOD).status())
                    .isEqualTo(200);
        }
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Answer promote(int version) {
        return server.post(MODEL + "/promote", "{\"version\": " + version + "}");
    }

    private void awaitServing(int version) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(server.models.serving(KEY)).hasValue(version));
    }

    private JsonNode spec() {
        return server.get(MODEL).json().at("/spec");
    }

    @Test
    void anAliasNamesAVersion() {
        Answer answer = server.put(MODEL + "/aliases/best", "{\"version\": 2}");

        assertThat(answer.status()).as(answer.response().body()).isEqualTo(200);
        assertThat(answer.header("ETag")).isNotEmpty();
        assertThat(answer.json().at("/spec/aliases/best").asInt()).isEqualTo(2);
        assertThat(server.put(MODEL + "/aliases/7", "{\"version\": 2}").status()).isEqualTo(400);
        Answer unknown = server.put(MODEL + "/aliases/best", "{\"version\": 9}");
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.text("/detail")).isEqualTo("Model/m has no version 9; it has 1, 2, 3");
        assertThat(server.delete(MODEL + "/aliases/best").status()).isEqualTo(200);
        assertThat(spec().at("/aliases").isEmpty()).isTrue();
        assertThat(server.delete(MODEL + "/aliases/best").status()).isEqualTo(404);
    }

    @Test
    void promotingAndRollingBackExchangeTwoVersions() {
        Answer first = promote(1);
        assertThat(first.status()).as(first.response().body()).isEqualTo(200);
        assertThat(first.json().at("/spec/aliases/production").asInt()).isEqualTo(1);
        // Until then, the highest version answered.
        assertThat(first.json().at("/spec/aliases/previous").asInt()).isEqualTo(3);
        awaitServing(1);

        promote(2);
        assertThat(spec().at("/aliases/previous").asInt()).isEqualTo(1);
        promote(2);
        assertThat(spec().at("/aliases/previous").asInt()).isEqualTo(1);
        awaitServing(2);

        Answer back = server.post(MODEL + "/rollback", "");
        assertThat(back.status()).as(back.response().body()).isEqualTo(200);
        assertThat(spec().at("/aliases/production").asInt()).isEqualTo(1);
        assertThat(spec().at("/aliases/previous").asInt()).isEqualTo(2);
        awaitServing(1);
        server.post(MODEL + "/rollback", "");
        awaitServing(2);
    }

    @Test
    void thereIsNoWayBackWhereNothingWasBefore() {
        Answer answer = server.post(MODEL + "/rollback", "");

        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.text("/detail")).contains("no alias 'previous'", "promote a version");
    }

    @Test
    void promotesOnlyWhatCanServe() {
        assertThat(promote(9).status()).isEqualTo(404);
        server.models.decide(KEY, 2, State.REJECTED, "it answers NaN");
        Answer rejected = promote(2);
        assertThat(rejected.status()).isEqualTo(409);
        assertThat(rejected.text("/detail"))
                .isEqualTo("version 2 of Model/m was rejected: it answers NaN");
        assertThat(server.post(MODEL + "/promote", "{\"version\": \"x\"}").status()).isEqualTo(400);
        assertThat(server.post(MODEL + "/promote", "").status()).isEqualTo(400);
        assertThat(server.post("/projects/default/models/x/promote", "{\"version\": 1}").status())
                .isEqualTo(404);
        assertThat(spec().at("/aliases").isEmpty()).isTrue();
    }

    @Test
    void aChangedSignatureIsAllowedOnlyWhenAsked() {
        promote(1);
        assertThat(spec().at("/signatureChange").asString()).isEqualTo("refuse");

        server.post(MODEL + "/promote", "{\"version\": 2, \"allowSignatureChange\": true}");

        assertThat(spec().at("/signatureChange").asString()).isEqualTo("allow");
        promote(3);
        assertThat(spec().at("/signatureChange").asString()).isEqualTo("allow");
        server.post(MODEL + "/promote", "{\"version\": 2, \"allowSignatureChange\": false}");
        assertThat(spec().at("/signatureChange").asString()).isEqualTo("refuse");
    }

    @Test
    void aPromotedCanaryHasDoneItsWork() {
        promote(1);
        server.put(MODEL + "/traffic", "{\"canary\": {\"version\": 2, \"percent\": 10}}");
        promote(3);
        assertThat(spec().at("/traffic/canary/version").asInt()).isEqualTo(2);

        promote(2);

        assertThat(spec().at("/traffic").has("byAlias")).isTrue();
    }

    @Test
    void pinnedTrafficMustBeFreedBeforeAPromotion() {
        server.put(MODEL + "/traffic", "{\"pinned\": {\"version\": 1}}");
        awaitServing(1);

        Answer answer = promote(2);

        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.text("/detail")).contains("pinned to version 1", "--by-alias");
    }

    @Test
    void showsTheRuleAndHowItGoes() {
        server.models.report(
                KEY,
                new TrafficReport(
                        List.of(
                                new TrafficReport.VersionTraffic(
                                        1,
                                        90,
                                        1,
                                        Duration.ofNanos(1_250_000),
                                        Duration.ofMillis(9))),
                        Optional.of(new TrafficReport.Comparison(2, 40, 30, 2, 1))));
        server.models.remark(KEY, "version 3 has another signature");

        Answer answer =
                server.put(MODEL + "/traffic", "{\"shadow\": {\"version\": 2, \"percent\": 50}}");

        assertThat(answer.status()).as(answer.response().body()).isEqualTo(200);
        JsonNode json = server.get(MODEL + "/traffic").json();
        assertThat(json.at("/rule/shadow/percent").asInt()).isEqualTo(50);
        assertThat(json.at("/serving").asInt()).isEqualTo(3);
        assertThat(json.at("/remark").asString()).isEqualTo("version 3 has another signature");
        assertThat(json.at("/versions/0/medianMillis").asDouble()).isEqualTo(1.25);
        assertThat(json.at("/versions/0/errors").asInt()).isEqualTo(1);
        assertThat(json.at("/comparison/agreement").asDouble()).isEqualTo(0.75);
        assertThat(json.at("/comparison/notMirrored").asInt()).isEqualTo(1);
    }

    @Test
    void refusesARuleWithEverythingThatIsWrong() {
        Answer answer =
                server.put(MODEL + "/traffic", "{\"canary\": {\"version\": 7, \"percent\": 101}}");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.json().at("/errors").size()).isEqualTo(2);
        assertThat(answer.text("/detail")).contains("not among the versions", "0 to 100");
        assertThat(server.put(MODEL + "/traffic", "{}").status()).isEqualTo(400);
        assertThat(server.get("/projects/default/models/x/traffic").status()).isEqualTo(404);
    }

    @Test
    void aVersionThatNothingNamesCanBeDeleted() {
        Answer deleted = server.delete(MODEL + "/versions/1");

        assertThat(deleted.status()).as(deleted.response().body()).isEqualTo(200);
        assertThat(deleted.json().at("/spec/versions").size()).isEqualTo(2);
        assertThat(server.delete(MODEL + "/versions/1").status()).isEqualTo(404);
        assertRefused(3, "answers those who name no version");
    }

    @Test
    void aVersionThatSomethingNamesStays() {
        promote(1);
        promote(2);
        assertRefused(1, "is named by the alias 'previous'");
        assertRefused(2, "is named by the alias 'production'");
        server.put(MODEL + "/traffic", "{\"shadow\": {\"version\": 3}}");
        assertRefused(3, "is named by the rule for traffic");
        server.put(MODEL + "/traffic", "{\"byAlias\": {}}");
        server.apply(
                """
                apiVersion: millrace.io/v1
                kind: Pipeline
                metadata: {name: p}
                spec:
                  from: {dataSource: {name: a}}
                  steps: [{model: {name: m, version: 3, decode: {format: json, field: x}}}]
                  to: [{mqtt: {topic: o}}]
                """);
        assertRefused(3, "is used by default/Pipeline/p");
        assertThat(spec().at("/versions").size()).isEqualTo(3);
    }

    private void assertRefused(int version, String reason) {
        Answer answer = server.delete(MODEL + "/versions/" + version);
        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.text("/detail"))
                .startsWith("version " + version + " of Model/m ")
                .contains(reason);
    }
}
