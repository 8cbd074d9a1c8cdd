/**
 * Samples from the log as arrays on disk, the split of them, live streams of them, and who
 * announces them.
 */
@NullMarked
package io.millrace.training.samples;

import org.jspecify.annotations.NullMarked;
