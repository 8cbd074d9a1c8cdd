/** Runs ONNX models in the process, on ONNX Runtime's C interface. */
@NullMarked
package io.millrace.model.onnx;

import org.jspecify.annotations.NullMarked;
