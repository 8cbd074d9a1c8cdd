/** The management API over HTTP. */
@NullMarked
package io.millrace.management.http;

import org.jspecify.annotations.NullMarked;
