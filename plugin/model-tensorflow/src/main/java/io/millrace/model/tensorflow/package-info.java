/** TensorFlow SavedModels in the process. */
@NullMarked
package io.millrace.model.tensorflow;

import org.jspecify.annotations.NullMarked;
