/** Tests of the data plane of inference. */
@NullMarked
package io.millrace.inference;

import org.jspecify.annotations.NullMarked;
