/** How many tasks a pipeline should have: decisions without threads, log or clock. */
@NullMarked
package io.millrace.stream.scale;

import org.jspecify.annotations.NullMarked;
