/** Tests of the TensorFlow engine on real SavedModels. */
@NullMarked
package io.millrace.model.tensorflow;

import org.jspecify.annotations.NullMarked;
