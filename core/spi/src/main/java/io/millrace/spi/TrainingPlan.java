package io.millrace.spi;

import io.millrace.api.DatasetSpec;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.TrainingRunSpec;

/**
 * All that the runtime needs to train. What it refers to is part of it: later changes of the
 * definition or the dataset do not change a run.
 *
 * @param run its key
 * @param uid of this incarnation
 * @param spec as declared
 * @param definition the model
 * @param definitionGeneration which of the definition's specs that is
 * @param dataset the samples
 * @param datasetGeneration which of the dataset's specs that is
 */
public record TrainingPlan(
        ResourceKey run,
        String uid,
        TrainingRunSpec spec,
        ModelDefinitionSpec definition,
        long definitionGeneration,
        DatasetSpec dataset,
        long datasetGeneration) {}
