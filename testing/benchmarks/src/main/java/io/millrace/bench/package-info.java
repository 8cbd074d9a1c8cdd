/** The benchmarks behind {@code ./millrace bench}: end to end, against the real server process. */
@NullMarked
package io.millrace.bench;

import org.jspecify.annotations.NullMarked;
