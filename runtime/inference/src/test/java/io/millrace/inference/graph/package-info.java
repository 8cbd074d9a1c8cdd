/** Tests of inference graphs. */
@NullMarked
package io.millrace.inference.graph;

import org.jspecify.annotations.NullMarked;
