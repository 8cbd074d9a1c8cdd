/** Tests of the TensorFlow Lite engine on real models. */
@NullMarked
package io.millrace.model.tflite;

import org.jspecify.annotations.NullMarked;
