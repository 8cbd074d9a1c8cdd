package io.millrace.management.http;

import tools.jackson.databind.node.ObjectNode;

/** The schemas of datasets, experiments and training runs. */
final class TrainingSchemas {

    private TrainingSchemas() {}

    static void dataset(ObjectNode schemas) {
        ApiSchemas.add(
                schemas,
                "DatasetSpec",
                "ranges",
                "[string]",
                "unlabelled",
                "[string]",
                "decode",
                "#Decode",
                "label",
                "#SampleLabel",
                "split",
                "#Split",
                "description",
                "string");
        ApiSchemas.add(
                schemas, "SampleLabel", "place", "string", "name", "string", "decode", "#Decode");
        ApiSchemas.add(
                schemas,
                "Split",
                "validation",
                "number",
                "test",
                "number",
                "order",
                "string",
                "seed",
                "integer");
    }

    static void experiment(ObjectNode schemas) {
        ApiSchemas.add(
                schemas,
                "ExperimentSpec",
                "definitions",
                "[string]",
                "dataset",
                "string",
                "waiting",
                "boolean",
                "training",
                "#TrainingSettings",
                "online",
                "#OnlineTraining",
                "semiSupervised",
                "#SemiSupervised",
                "retrain",
                "#Retrain");
        ApiSchemas.add(
                schemas,
                "TrainingSettings",
                "batch",
                "integer",
                "fit",
                "{string}",
                "evaluate",
                "{string}",
                "seed",
                "integer",
                "confusionMatrix",
                "boolean",
                "timeout",
                "string",
                "memory",
                "string");
        ApiSchemas.add(
                schemas,
                "OnlineTraining",
                "idle",
                "string",
                "metric",
                "string",
                "upward",
                "boolean",
                "improvement",
                "number");
        ApiSchemas.add(schemas, "SemiSupervised", "rounds", "integer", "confidence", "number");
        ApiSchemas.add(
                schemas,
                "Retrain",
                "every",
                "integer",
                "onDriftOf",
                "string",
                "model",
                "string",
                "metric",
                "string",
                "upward",
                "boolean",
                "improvement",
                "number");
    }

    static void run(ObjectNode schemas) {
        ApiSchemas.add(
                schemas,
                "TrainingRunSpec",
                "definition",
                "string",
                "dataset",
                "string",
                "experiment",
                "string",
                "training",
                "#TrainingSettings",
                "online",
                "#OnlineTraining",
                "semiSupervised",
                "#SemiSupervised",
                "stopped",
                "boolean");
    }
}
