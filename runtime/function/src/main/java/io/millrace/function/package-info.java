/** Function workers: processes of their own, spoken to in frames, supervised. */
@NullMarked
package io.millrace.function;

import org.jspecify.annotations.NullMarked;
