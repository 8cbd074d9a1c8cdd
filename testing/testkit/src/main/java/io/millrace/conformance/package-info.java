/** Conformance kits: what every implementation of a plug point has to pass. */
@NullMarked
package io.millrace.conformance;

import org.jspecify.annotations.NullMarked;
