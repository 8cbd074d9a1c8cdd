package io.millrace.api;

import java.util.Locale;
import java.util.Optional;

/** The kinds of resources, with the names people use for them. */
public enum Kind {
    PROJECT("Project", "projects", false, ProjectSpec.class),
    CATEGORY("Category", "categories", false, CategorySpec.class),
    DATA_SOURCE("DataSource", "datasources", true, DataSourceSpec.class),
    FUNCTION("Function", "functions", true, FunctionSpec.class),
    MODEL("Model", "models", true, ModelSpec.class),
    INFERENCE_GRAPH("InferenceGraph", "inferencegraphs", true, InferenceGraphSpec.class),
    PIPELINE("Pipeline", "pipelines", true, PipelineSpec.class),
    MODEL_DEFINITION("ModelDefinition", "modeldefinitions", true, ModelDefinitionSpec.class),
    DATASET("Dataset", "datasets", true, DatasetSpec.class),
    EXPERIMENT("Experiment", "experiments", true, ExperimentSpec.class),
    TRAINING_RUN("TrainingRun", "trainingruns", true, TrainingRunSpec.class);

    private final String label;
    private final String plural;
    private final boolean inProject;
    private final Class<? extends Spec> specType;

    Kind(String label, String plural, boolean inProject, Class<? extends Spec> specType) {
        this.label = label;
        this.plural = plural;
        this.inProject = inProject;
        this.specType = specType;
    }

    /** As written in {@code kind:}. */
    public String label() {
        return label;
    }

    /** As written in paths of the management API. */
    public String plural() {
        return plural;
    }

    /** Whether resources of this kind belong to a project. */
    public boolean isInProject() {
        return inProject;
    }

    /** The type of {@code spec}. */
    public Class<? extends Spec> specType() {
        return specType;
    }

    /** Finds a kind by label, plural or singular, in any letter case. */
    public static Optional<Kind> find(String text) {
        String wanted = text.toLowerCase(Locale.ROOT);
        for (Kind kind : values()) {
            if (kind.label.toLowerCase(Locale.ROOT).equals(wanted) || kind.plural.equals(wanted)) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }
}
