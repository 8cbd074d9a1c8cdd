/** ONNX models in the process. */
@NullMarked
package io.millrace.model.onnx;

import org.jspecify.annotations.NullMarked;
