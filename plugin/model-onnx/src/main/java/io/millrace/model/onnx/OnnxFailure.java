package io.millrace.model.onnx;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;

/** ONNX Runtime refused or failed; the text is its own. */
final class OnnxFailure extends MillraceException {

    private static final long serialVersionUID = 1L;

    OnnxFailure(String text) {
        super(ErrorCode.USER_CODE, text);
    }
}
