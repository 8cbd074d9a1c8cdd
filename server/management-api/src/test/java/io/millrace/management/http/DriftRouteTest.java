package io.millrace.management.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.management.http.TestServer.Answer;
import io.millrace.spi.DriftReport.ClassError;
import io.millrace.spi.DriftReport.Confusion;
import io.millrace.spi.DriftReport.Facts;
import io.millrace.spi.DriftReport.FeatureDrift;
import io.millrace.spi.DriftReport.LiveQuality;
import io.millrace.spi.DriftReport.Part;
import io.millrace.spi.DriftReport.State;
import io.millrace.spi.DriftReport.VersionDrift;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class DriftRouteTest {
    private static final String MODEL = "/projects/default/models/m";
    private static final ResourceKey KEY = ResourceKey.of(Kind.MODEL, ProjectId.DEFAULT, "m");

    private final TestServer server = new TestServer();

    @AfterEach
    void stop() {
        server.close();
    }

    private void put(String monitor) {
        String manifest =
                """
                apiVersion: millrace.io/v1
                kind: Model
                metadata: {name: m}
                spec: {framework: onnx%s}
                """
                        .formatted(monitor);
        assertThat(server.put(MODEL, manifest).status()).isIn(200, 201);
    }

    private Answer drift() {
        return server.get(MODEL + "/drift");
    }

    @Test
    void saysThatAModelIsNotWatched() {
        put("");

        assertThat(drift().status()).isEqualTo(404);
        assertThat(drift().text("/detail"))
                .isEqualTo("Model/m is not watched; declare spec.monitor, such as 'monitor: {}'");
        assertThat(server.get("/projects/default/models/none/drift").status()).isEqualTo(404);
    }

    @Test
    void tellsTheDistanceOfEachFeatureAndHowRightTheModelIs() {
        put(", monitor: {threshold: 0.3}");
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> server.monitor.report(KEY).isPresent());
        assertThat(drift().json().at("/versions").isEmpty()).isTrue();
        assertThat(drift().json().at("/monitor/threshold").asDouble()).isEqualTo(0.3);
        var feature =
                new FeatureDrift(
                        Part.INPUT,
                        "x[0]",
                        0.5,
                        0.3,
                        4,
                        0.25,
                        new Facts(100, 1, 2, -3, 4, 0),
                        new Facts(50, 5, 6, 7, 8, 9));
        var quality =
                new LiveQuality(
                        10,
                        2,
                        3,
                        4,
                        new ClassError(0.5, 0.75, List.of(new Confusion("a", "b", 2))),
                        Optional.of(0.1));
        server.monitor.see(
                KEY,
                new VersionDrift(
                        2,
                        State.DRIFTED,
                        "input x[0]",
                        100,
                        100,
                        7,
                        1,
                        0.5,
                        List.of(feature),
                        Optional.of(quality)));

        JsonNode version = drift().json().at("/versions/0");

        assertThat(version.at("/version").asInt()).isEqualTo(2);
        assertThat(version.at("/state").asString()).isEqualTo("Drifted");
        assertThat(version.at("/features/0").toString())
                .isEqualTo(
                        "{\"part\":\"input\",\"name\":\"x[0]\",\"distance\":0.5,\"limit\":0.3,\"above\":4,"
                                + "\"outside\":0.25,\"reference\":{\"count\":100,\"mean\":1.0,"
                                + "\"variance\":2.0,\"min\":-3.0,\"max\":4.0,\"notFinite\":0},"
                                + "\"window\":{\"count\":50,\"mean\":5.0,\"variance\":6.0,\"min\":7.0,"
                                + "\"max\":8.0,\"notFinite\":9}}");
        assertThat(version.at("/quality").toString())
                .isEqualTo(
                        "{\"joined\":10,\"unmatched\":2,\"unlabelled\":3,\"compared\":4,"
                                + "\"trainingError\":0.1,\"accuracy\":0.5,\"naiveAccuracy\":0.75,"
                                + "\"confusion\":[{\"label\":\"a\",\"predicted\":\"b\",\"count\":2}],"
                                + "\"worseThanNaive\":true}");
    }
}
