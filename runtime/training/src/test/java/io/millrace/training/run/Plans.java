package io.millrace.training.run;

import io.millrace.api.DataSize;
import io.millrace.api.DatasetSpec;
import io.millrace.api.DecodeSpec;
import io.millrace.api.FunctionSpec;
import io.millrace.api.Kind;
import io.millrace.api.LabelSpec;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.OnlineSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.SemiSupervisedSpec;
import io.millrace.api.SplitSpec;
import io.millrace.api.TopicRange;
import io.millrace.api.TrainingRunSpec;
import io.millrace.api.TrainingSettings;
import io.millrace.api.tensor.DataType;
import io.millrace.spi.TrainingPlan;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is to be trained in tests. */
final class Plans {

    /** As tutorials write it. */
    static final String TUTORIAL =
            """
            model = keras.Sequential([
                keras.layers.Dense(16, activation='relu', input_shape=(4,)),
                keras.layers.Dropout(0.1),
                keras.layers.Dense(4, activation='softmax')])
            model.compile(loss='sparse_categorical_crossentropy',
                          optimizer=keras.optimizers.Adam(lr=0.01), metrics=['accuracy'])
            """;

    static final ResourceKey DEFINITION =
            ResourceKey.of(Kind.MODEL_DEFINITION, new ProjectId("lab"), "small");

    private final String name;
    private final String code;
    private Map<String, String> fit = Map.of("epochs", "2");
    private DataSize memory = TrainingSettings.DEFAULT_MEMORY;
    private Duration timeout = Duration.ofMinutes(5);
    private Optional<OnlineSpec> online = Optional.empty();
    private Optional<SemiSupervisedSpec> semi = Optional.empty();
    private ModelDefinitionSpec.Library library = ModelDefinitionSpec.Library.KERAS;

    private Plans(String name, String code) {
        this.name = name;
        this.code = code;
    }

    static Plans of(String name, String code) {
        return new Plans(name, code);
    }

    static ModelDefinitionSpec definition(String code) {
        return definition(ModelDefinitionSpec.Library.KERAS, code);
    }

    static ModelDefinitionSpec definition(ModelDefinitionSpec.Library library, String code) {
        return new ModelDefinitionSpec(
                library, "import math", new FunctionSpec.Source("small.py", code), List.of());
    }

    Plans fit(Map<String, String> arguments) {
        fit = arguments;
        return this;
    }

    Plans memory(DataSize limit) {
        memory = limit;
        return this;
    }

    Plans timeout(Duration limit) {
        timeout = limit;
        return this;
    }

    Plans online(OnlineSpec how) {
        online = Optional.of(how);
        return this;
    }

    Plans semi(SemiSupervisedSpec how) {
        semi = Optional.of(how);
        return this;
    }

    Plans library(ModelDefinitionSpec.Library which) {
        library = which;
        return this;
    }

    TrainingPlan plan() {
        DecodeSpec floats =
                new DecodeSpec(DecodeSpec.Format.RAW, List.of(), Optional.of(DataType.FP32), 1);
        DecodeSpec bytes =
                new DecodeSpec(DecodeSpec.Format.RAW, List.of(), Optional.of(DataType.UINT8), 1);
        return new TrainingPlan(
                ResourceKey.of(Kind.TRAINING_RUN, new ProjectId("lab"), name),
                "uid-" + name,
                new TrainingRunSpec(
                        new ResourceName("small"),
                        new ResourceName("points"),
                        Optional.empty(),
                        new TrainingSettings(32, fit, Map.of(), 7, true, timeout, memory),
                        online,
                        semi,
                        false),
                definition(library, code),
                3,
                new DatasetSpec(
                        List.of(TopicRange.of("points", 0, 5, 405)),
                        List.of(),
                        floats,
                        new LabelSpec(LabelSpec.Place.KEY, "", bytes),
                        new SplitSpec(0.1, 0.1, SplitSpec.Order.STRATIFIED, 1),
                        ""),
                2);
    }

    static TrainingPlan stopped(TrainingPlan plan) {
        return new TrainingPlan(
                plan.run(),
                plan.uid(),
                plan.spec().stopped(),
                plan.definition(),
                plan.definitionGeneration(),
                plan.dataset(),
                plan.datasetGeneration());
    }
}
