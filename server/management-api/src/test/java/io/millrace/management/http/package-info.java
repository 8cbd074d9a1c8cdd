/** Tests of the management API over real HTTP. */
@NullMarked
package io.millrace.management.http;

import org.jspecify.annotations.NullMarked;
