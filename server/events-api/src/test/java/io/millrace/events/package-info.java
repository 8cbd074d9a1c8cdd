/** Tests of the receiver of events. */
@NullMarked
package io.millrace.events;

import org.jspecify.annotations.NullMarked;
