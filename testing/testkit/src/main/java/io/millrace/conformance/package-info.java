/** Conformance kits: what every implementation of a plug point must do, as tests to extend. */
@NullMarked
package io.millrace.conformance;

import org.jspecify.annotations.NullMarked;
