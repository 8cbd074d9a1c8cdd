/** TensorFlow Lite models in the process. */
@NullMarked
package io.millrace.model.tflite;

import org.jspecify.annotations.NullMarked;
