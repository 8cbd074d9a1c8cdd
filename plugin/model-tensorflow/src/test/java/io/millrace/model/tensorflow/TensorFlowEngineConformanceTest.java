package io.millrace.model.tensorflow;

import io.millrace.conformance.ModelEngineConformance;
import io.millrace.spi.ModelEngine;
import java.nio.file.Path;

class TensorFlowEngineConformanceTest extends ModelEngineConformance {

    private final ModelEngine engine = new TensorFlowEngine();

    @Override
    protected ModelEngine engine() {
        return engine;
    }

    @Override
    protected void writeDoublingModel(Path unpacked) {
        SavedModels.doubling(unpacked.resolve("nested"), width());
    }

    @Override
    protected int width() {
        return 3;
    }
}
