package io.millrace.api;

/** What a user wants of a resource: one record for each kind. */
public sealed interface Spec
        permits ProjectSpec,
                CategorySpec,
                DataSourceSpec,
                FunctionSpec,
                ModelSpec,
                InferenceGraphSpec,
                PipelineSpec,
                ModelDefinitionSpec,
                DatasetSpec,
                ExperimentSpec,
                TrainingRunSpec {}
