package io.millrace.codec.kserve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every field of the schema has one rule, and the documentation says the same. */
class FieldTablesTest {

    /** What the protocol's documentation lists for each map. */
    private static final Map<FieldTable, List<String>> SCHEMA =
            Map.of(
                    ServiceTables.SPEC,
                    List.of("predictor", "transformer", "explainer", "canary"),
                    ServiceTables.PREDICTOR,
                    List.of(
                            "minReplicas",
                            "maxReplicas",
                            "scaleMetric",
                            "scaleTarget",
                            "scaleMetricType",
                            "autoScaling",
                            "containerConcurrency",
                            "timeout",
                            "canaryTrafficPercent",
                            "canary",
                            "logger",
                            "batcher",
                            "labels",
                            "annotations",
                            "deploymentStrategy",
                            "serviceAccountName",
                            "nodeSelector",
                            "tolerations",
                            "volumes",
                            "model",
                            "sklearn",
                            "xgboost",
                            "tensorflow",
                            "pytorch",
                            "triton",
                            "onnx",
                            "huggingface",
                            "pmml",
                            "lightgbm",
                            "paddle",
                            "containers",
                            "workerSpec"),
                    ServiceTables.MODEL,
                    List.of(
                            "modelFormat",
                            "runtime",
                            "storageUri",
                            "storage",
                            "protocolVersion",
                            "runtimeVersion",
                            "resources",
                            "args",
                            "env"),
                    ServiceTables.MODEL_FORMAT,
                    List.of("name", "version"),
                    ServiceTables.STORAGE,
                    List.of("key", "path", "parameters"),
                    ServiceTables.BATCHER,
                    List.of("maxBatchSize", "maxLatency", "timeout"),
                    ServiceTables.CANARY,
                    List.of("trafficPercent", "predictor"),
                    ServiceTables.TRANSFORMER,
                    List.of(
                            "containers",
                            "custom",
                            "minReplicas",
                            "maxReplicas",
                            "scaleMetric",
                            "scaleTarget",
                            "containerConcurrency",
                            "timeout",
                            "canaryTrafficPercent",
                            "logger",
                            "batcher"),
                    ServiceTables.SPEC_2019,
                    List.of("default", "canary", "canaryTrafficPercent"),
                    ServiceTables.ANNOTATIONS,
                    List.of(
                            "serving.kserve.io/autoscalerClass",
                            "serving.kserve.io/stop",
                            "serving.kserve.io/enable-prometheus-scraping",
                            "serving.kserve.io/deploymentMode"));

    @Test
    void everyFieldOfTheSchemaHasOneRule() {
        SCHEMA.forEach((table, fields) ->
                assertThat(table.rules())
                        .as(table.title())
                        .extracting(FieldRule::name)
                        .doesNotHaveDuplicates()
                        .containsAll(fields));
    }

    @Test
    void everyRuleSaysWhatBecomesOfItsField() {
        for (FieldTable table : tables().toList()) {
            assertThat(table.rules())
                    .as(table.title())
                    .isNotEmpty()
                    .allSatisfy(rule -> assertThat(rule.text()).isNotBlank());
        }
        assertThat(tables().map(FieldTable::title)).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("tables")
    void theDocumentationSaysTheSame(FieldTable table) throws IOException {
        String page = Files.readString(Path.of("../../docs/kserve.md"));
        assertThat(page).contains(markdown(table));
    }

    static Stream<FieldTable> tables() {
        return Stream.concat(ServiceTables.all().stream(), KafkaSourceTables.all().stream());
    }

    /** A table as the documentation has it: fields with the same rule share a row. */
    private static String markdown(FieldTable table) {
        var rows = new ArrayList<String>();
        var told = new HashSet<FieldRule>();
        for (FieldRule rule : table.rules()) {
            List<FieldRule> same =
                    table.rules().stream()
                            .filter(r ->
                                    r.treatment() == rule.treatment()
                                            && r.text().equals(rule.text()))
                            .toList();
            if (told.addAll(same)) {
                rows.add(
                        "| "
                                + String.join(
                                        ", ", same.stream().map(r -> "`" + r.name() + "`").toList())
                                + " | "
                                + rule.treatment().name().toLowerCase(Locale.ROOT)
                                + " | "
                                + rule.text()
                                + " |");
            }
        }
        return "**`"
                + table.title()
                + "`**\n\n| field | | |\n|---|---|---|\n"
                + String.join("\n", rows)
                + "\n";
    }
}
