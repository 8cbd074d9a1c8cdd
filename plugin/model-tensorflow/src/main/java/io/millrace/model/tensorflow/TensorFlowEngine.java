package io.millrace.model.tensorflow;

import io.millrace.api.MillraceException;
import io.millrace.spi.LoadedModel;
import io.millrace.spi.ModelEngine;
import java.nio.file.Path;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.proto.ConfigProto;

/**
 * Runs SavedModels of TensorFlow in the process. Making one loads nothing native: that happens with
 * the first model.
 */
public final class TensorFlowEngine implements ModelEngine {

    /** The name under which models ask for it. */
    public static final String FRAMEWORK = "tensorflow";

    /** Raise the last number whenever the checks or the list of operations refuse more. */
    private static final String VERSION = "tensorflow-2.18.0-4";

    /**
     * One thread computes an operation, and the caller's thread runs the graph: many small calls
     * from many threads, which is what serving is. The first session of the process fixes the pool
     * for all.
     */
    private static final int INTRA_OP_THREADS = 1;

    private static final int INTER_OP_IN_CALLER = -1;

    @Override
    public String framework() {
        return FRAMEWORK;
    }

    @Override
    public String version() {
        return VERSION;
    }

    @Override
    public Path locate(Path unpacked) {
        return SavedModelFolder.find(unpacked);
    }

    @Override
    public LoadedModel load(Path artifact) {
        SavedModelFile file = SavedModelFile.read(artifact);
        ReachCheck.check(file.serving(), artifact);
        SavedModelBundle bundle = open(artifact);
        try {
            return new TensorFlowModel(bundle, file.bindings());
        } catch (MillraceException e) {
            bundle.close();
            throw e;
        }
    }

    private static SavedModelBundle open(Path artifact) {
        var config =
                ConfigProto.newBuilder()
                        .setIntraOpParallelismThreads(INTRA_OP_THREADS)
                        .setInterOpParallelismThreads(INTER_OP_IN_CALLER)
                        .build();
        try {
            return SavedModelBundle.loader(artifact.toString())
                    .withTags(SavedModelBundle.DEFAULT_TAG)
                    .withConfigProto(config)
                    .load();
        } catch (TensorFlowException
                | IllegalArgumentException
                | IllegalStateException
                | IndexOutOfBoundsException
                | UnsupportedOperationException e) {
            // What TensorFlow for Java makes of the codes of TensorFlow.
            throw new MillraceException(
                    io.millrace.api.ErrorCode.INVALID,
                    "TensorFlow cannot load this SavedModel: " + Messages.firstLine(e),
                    e);
        }
    }
}
