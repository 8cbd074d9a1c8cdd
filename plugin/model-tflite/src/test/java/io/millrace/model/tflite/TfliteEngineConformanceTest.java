package io.millrace.model.tflite;

import io.millrace.conformance.ModelEngineConformance;
import io.millrace.spi.ModelEngine;
import java.nio.file.Path;

class TfliteEngineConformanceTest extends ModelEngineConformance {

    private final ModelEngine engine = new TfliteEngine();

    @Override
    protected ModelEngine engine() {
        return engine;
    }

    @Override
    protected void writeDoublingModel(Path unpacked) {
        Models.write(unpacked.resolve("nested"), "doubling");
    }

    @Override
    protected int width() {
        return 3;
    }
}
