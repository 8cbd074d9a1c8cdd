package io.millrace.model.onnx;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.LoadedModel;
import io.millrace.spi.ModelEngine;
import java.nio.file.Path;

/**
 * Runs ONNX models in the process. Making one loads nothing native: that happens with the first
 * model. Libraries of custom operators are never loaded.
 */
public final class OnnxEngine implements ModelEngine {

    /** The name under which models ask for it. */
    public static final String FRAMEWORK = "onnx";

    /** Raise the last number whenever {@link OnnxFile} or {@link Signatures} refuse more. */
    private static final String VERSION = "onnxruntime-1.28.0-1";

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
        return OnnxFolder.find(unpacked);
    }

    @Override
    public LoadedModel load(Path artifact) {
        OnnxFile file = OnnxFile.read(artifact);
        NativeSession session = NativeSession.open(artifact);
        boolean isLoaded = false;
        try {
            LoadedModel model = new OnnxModel(session, Signatures.of(session, file));
            isLoaded = true;
            return model;
        } catch (OnnxFailure e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "ONNX Runtime cannot describe this model: " + e.text(), e);
        } finally {
            if (!isLoaded) {
                session.close();
            }
        }
    }
}
