/** Lets people look at records on their way through a pipeline, without slowing it. */
@NullMarked
package io.millrace.stream.tap;

import org.jspecify.annotations.NullMarked;
