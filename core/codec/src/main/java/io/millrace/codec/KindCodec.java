package io.millrace.codec;

import io.millrace.api.Kind;
import io.millrace.api.Spec;
import io.millrace.codec.Node.MapNode;

/**
 * The spec of one kind as a tree, both ways. For a new kind write one of these and name it in
 * {@link #of}.
 */
interface KindCodec<S extends Spec> {

    /** The type of the specs. */
    Class<S> type();

    /** Reads a spec; what is wrong is noted and never thrown. */
    S read(Fields spec);

    /** Writes a spec so that reading it gives the same; defaults are written out. */
    MapNode write(S spec);

    /** Writes a spec whose type is known from its kind. */
    default MapNode writeAny(Spec spec) {
        return write(type().cast(spec));
    }

    /** The codec of a kind. */
    static KindCodec<?> of(Kind kind) {
        return switch (kind) {
            case PROJECT -> new ProjectCodec();
            case CATEGORY -> new CategoryCodec();
            case DATA_SOURCE -> new DataSourceCodec();
            case FUNCTION -> new FunctionCodec();
            case MODEL -> new ModelCodec();
            case INFERENCE_GRAPH -> new InferenceGraphCodec();
            case PIPELINE -> new PipelineCodec();
            case MODEL_DEFINITION -> new ModelDefinitionCodec();
            case DATASET -> new DatasetCodec();
            case EXPERIMENT -> new ExperimentCodec();
            case TRAINING_RUN -> new TrainingRunCodec();
        };
    }
}
