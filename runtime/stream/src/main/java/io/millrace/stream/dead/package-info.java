/** Dead letters as work: what is there, what became of each, and the jobs that redrive or drop. */
@NullMarked
package io.millrace.stream.dead;

import org.jspecify.annotations.NullMarked;
