/** Fakes for every plug point: they pass the conformance kits themselves. */
@NullMarked
package io.millrace.testkit;

import org.jspecify.annotations.NullMarked;
