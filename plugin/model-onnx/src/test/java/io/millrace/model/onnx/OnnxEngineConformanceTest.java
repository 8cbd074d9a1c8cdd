package io.millrace.model.onnx;

import io.millrace.conformance.ModelEngineConformance;
import io.millrace.spi.ModelEngine;
import java.nio.file.Path;

class OnnxEngineConformanceTest extends ModelEngineConformance {

    private final ModelEngine engine = new OnnxEngine();

    @Override
    protected ModelEngine engine() {
        return engine;
    }

    @Override
    protected void writeDoublingModel(Path unpacked) {
        OnnxModels.write(unpacked.resolve("1/model.onnx"), OnnxModels.doubling(width()));
    }

    @Override
    protected int width() {
        return 3;
    }
}
