/** Tests of the decisions about how many tasks a pipeline should have. */
@NullMarked
package io.millrace.stream.scale;

import org.jspecify.annotations.NullMarked;
