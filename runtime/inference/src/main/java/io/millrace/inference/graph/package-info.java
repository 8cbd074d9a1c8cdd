/** Inference graphs: models and functions put together in one process. */
@NullMarked
package io.millrace.inference.graph;

import org.jspecify.annotations.NullMarked;
