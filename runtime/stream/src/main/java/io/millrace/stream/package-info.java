/** Pipeline tasks: the path of a record from the log to its outputs. */
@NullMarked
package io.millrace.stream;

import org.jspecify.annotations.NullMarked;
