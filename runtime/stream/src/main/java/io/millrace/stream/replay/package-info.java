/** Sends the past through a pipeline's steps again and compares the answers. */
@NullMarked
package io.millrace.stream.replay;

import org.jspecify.annotations.NullMarked;
