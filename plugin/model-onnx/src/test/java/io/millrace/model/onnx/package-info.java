/** Tests of the ONNX engine on real models, written by the tests themselves. */
@NullMarked
package io.millrace.model.onnx;

import org.jspecify.annotations.NullMarked;
