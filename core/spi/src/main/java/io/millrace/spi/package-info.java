/**
 * The plug points: what a log, a source, a sink, an engine or a function host must offer, and the
 * ports through which control drives the runtime. Each comment is a protocol.
 */
@NullMarked
package io.millrace.spi;

import org.jspecify.annotations.NullMarked;
