/** News of objects over HTTP. */
@NullMarked
package io.millrace.events;

import org.jspecify.annotations.NullMarked;
