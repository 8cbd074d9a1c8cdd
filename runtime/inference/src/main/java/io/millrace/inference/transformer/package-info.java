/**
 * User code around models: which models have it, its processes, and the way from one to the other.
 */
@NullMarked
package io.millrace.inference.transformer;

import org.jspecify.annotations.NullMarked;
