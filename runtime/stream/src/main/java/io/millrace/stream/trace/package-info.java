/** Follows one record through a pipeline: what became of it, and what would today. */
@NullMarked
package io.millrace.stream.trace;

import org.jspecify.annotations.NullMarked;
