package io.millrace.control;

import io.millrace.api.DatasetSpec;
import io.millrace.api.DecodeSpec;
import io.millrace.api.ExperimentSpec;
import io.millrace.api.FunctionSpec;
import io.millrace.api.Kind;
import io.millrace.api.LabelSpec;
import io.millrace.api.Manifest;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.RetrainSpec;
import io.millrace.api.SplitSpec;
import io.millrace.api.TopicRange;
import io.millrace.api.TrainingRunSpec;
import io.millrace.api.TrainingSettings;
import io.millrace.api.tensor.DataType;
import io.millrace.spi.DataAnnouncements.Announcement;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogPosition;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Manifests of training that read like what they say. All in project {@code fashion}. */
final class GivenTraining {

    static final TrainingSettings SETTINGS =
            new TrainingSettings(
                    32,
                    Map.of("epochs", "3"),
                    Map.of(),
                    0,
                    true,
                    TrainingSettings.DEFAULT_TIMEOUT,
                    TrainingSettings.DEFAULT_MEMORY);

    private GivenTraining() {}

    static Manifest<ModelDefinitionSpec> definition(String name) {
        return definition(name, "model = 1");
    }

    static Manifest<ModelDefinitionSpec> definition(String name, String code) {
        return Given.manifest(
                Given.key(Kind.MODEL_DEFINITION, name),
                new ModelDefinitionSpec(
                        ModelDefinitionSpec.Library.KERAS,
                        "",
                        new FunctionSpec.Source(name + ".py", code),
                        List.of()));
    }

    static DatasetSpec samples(String ranges) {
        var raw = new DecodeSpec(DecodeSpec.Format.RAW, List.of(), Optional.of(DataType.UINT8), 1);
        return new DatasetSpec(
                Arrays.stream(ranges.split(",", -1)).map(TopicRange::parse).toList(),
                List.of(),
                raw,
                new LabelSpec(LabelSpec.Place.KEY, "", raw),
                new SplitSpec(0.1, 0.1, SplitSpec.Order.STRATIFIED, 0),
                "");
    }

    static Manifest<DatasetSpec> dataset(String name) {
        return Given.manifest(Given.key(Kind.DATASET, name), samples("digits:0:0:100"));
    }

    static Manifest<ExperimentSpec> experiment(String name, String... definitions) {
        return experiment(name, Optional.empty(), true, Optional.empty(), definitions);
    }

    static Manifest<ExperimentSpec> experimentOn(
            String dataset, String name, String... definitions) {
        return experiment(name, Optional.of(dataset), true, Optional.empty(), definitions);
    }

    static Manifest<ExperimentSpec> experiment(
            String name,
            Optional<String> dataset,
            boolean isWaiting,
            Optional<RetrainSpec> retrain,
            String... definitions) {
        return Given.manifest(
                Given.key(Kind.EXPERIMENT, name),
                new ExperimentSpec(
                        Arrays.stream(definitions).map(ResourceName::new).toList(),
                        SETTINGS,
                        dataset.map(ResourceName::new),
                        isWaiting,
                        Optional.empty(),
                        Optional.empty(),
                        retrain));
    }

    static Manifest<TrainingRunSpec> run(String name, String definition, String dataset) {
        return Given.manifest(run(name), runSpec(definition, dataset));
    }

    static TrainingRunSpec runSpec(String definition, String dataset) {
        return new TrainingRunSpec(
                new ResourceName(definition),
                new ResourceName(dataset),
                Optional.empty(),
                SETTINGS,
                Optional.empty(),
                Optional.empty(),
                false);
    }

    static ResourceKey run(String name) {
        return Given.key(Kind.TRAINING_RUN, name);
    }

    static Announcement announcement(long number, long offset, Instant time) {
        return new Announcement(
                Given.PROJECT,
                number,
                new LogPosition(new LogPartition("KAFKA_ML_CONTROL_TOPIC", 0), offset),
                time,
                samples("digits:0:" + offset + ":" + (offset + 100)),
                false);
    }
}
