/** The fakes under their own conformance kits. */
@NullMarked
package io.millrace.testkit;

import org.jspecify.annotations.NullMarked;
