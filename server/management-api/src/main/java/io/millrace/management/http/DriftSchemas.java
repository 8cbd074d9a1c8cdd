package io.millrace.management.http;

import tools.jackson.databind.node.ObjectNode;

/** The schemas of what is declared and told about the watching of models. */
final class DriftSchemas {
    private static final String STRING = "string";
    private static final String INTEGER = "integer";
    private static final String NUMBER = "number";

    private DriftSchemas() {}

    /** What a model declares. */
    static void addSpec(ObjectNode schemas) {
        ApiSchemas.add(
                schemas,
                "Monitor",
                "sample",
                NUMBER,
                "reference",
                "#DriftReference",
                "window",
                "#DriftWindow",
                "distance",
                STRING,
                "threshold",
                NUMBER,
                "after",
                INTEGER,
                "labels",
                "#DriftLabels");
        ApiSchemas.add(schemas, "DriftReference", "records", INTEGER, "version", INTEGER);
        ApiSchemas.add(schemas, "DriftWindow", "records", INTEGER);
        ApiSchemas.add(
                schemas,
                "DriftLabels",
                "dataSource",
                STRING,
                "field",
                STRING,
                "kafka",
                "#LabelTopic",
                "key",
                STRING,
                "value",
                STRING,
                "series",
                STRING,
                "kind",
                STRING,
                "element",
                INTEGER,
                "classes",
                "[string]",
                "within",
                STRING,
                "trainingError",
                NUMBER);
        ApiSchemas.add(schemas, "LabelTopic", "topic", STRING);
    }

    /** What the API tells. */
    static void addReport(ObjectNode schemas) {
        ApiSchemas.add(
                schemas,
                "Drift",
                "monitor",
                "#Monitor",
                "skipped",
                INTEGER,
                "versions",
                "[#VersionDrift]");
        ApiSchemas.add(
                schemas,
                "VersionDrift",
                "version",
                INTEGER,
                "state",
                STRING,
                "message",
                STRING,
                "referenceRecords",
                INTEGER,
                "referenceWanted",
                INTEGER,
                "windows",
                INTEGER,
                "windowRecords",
                INTEGER,
                "distance",
                NUMBER,
                "features",
                "[#FeatureDrift]",
                "quality",
                "#LiveQuality");
        ApiSchemas.add(
                schemas,
                "FeatureDrift",
                "part",
                STRING,
                "name",
                STRING,
                "distance",
                NUMBER,
                "limit",
                NUMBER,
                "above",
                INTEGER,
                "outside",
                NUMBER,
                "reference",
                "#Facts",
                "window",
                "#Facts");
        ApiSchemas.add(
                schemas,
                "Facts",
                "count",
                INTEGER,
                "mean",
                NUMBER,
                "variance",
                NUMBER,
                "min",
                NUMBER,
                "max",
                NUMBER,
                "notFinite",
                INTEGER);
        addQuality(schemas);
    }

    private static void addQuality(ObjectNode schemas) {
        ApiSchemas.add(
                schemas,
                "LiveQuality",
                "joined",
                INTEGER,
                "unmatched",
                INTEGER,
                "unlabelled",
                INTEGER,
                "compared",
                INTEGER,
                "trainingError",
                NUMBER,
                "rmse",
                NUMBER,
                "mae",
                NUMBER,
                "naiveCompared",
                INTEGER,
                "naiveRmse",
                NUMBER,
                "naiveMae",
                NUMBER,
                "accuracy",
                NUMBER,
                "naiveAccuracy",
                NUMBER,
                "confusion",
                "[#Confusion]",
                "worseThanNaive",
                "boolean");
        ApiSchemas.add(
                schemas, "Confusion", "label", STRING, "predicted", STRING, "count", INTEGER);
    }
}
