package io.millrace.inference;

import io.millrace.api.MillraceException;
import io.millrace.conformance.ModelEngineConformance;
import io.millrace.spi.ModelEngine;
import io.millrace.testkit.FakeModelEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the other tests here lean on must behave as real engines do. */
class FakeModelEngineConformanceTest extends ModelEngineConformance {

    private final ModelEngine engine = new FakeModelEngine();

    @Override
    protected ModelEngine engine() {
        return engine;
    }

    @Override
    protected void writeDoublingModel(Path unpacked) {
        try {
            Files.writeString(unpacked.resolve(FakeModelEngine.FILE), "width=" + width());
        } catch (IOException e) {
            throw MillraceException.internal("cannot write the model", e);
        }
    }

    @Override
    protected int width() {
        return 2;
    }
}
