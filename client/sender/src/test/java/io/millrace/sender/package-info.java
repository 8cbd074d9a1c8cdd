/** Tests of senders. */
@NullMarked
package io.millrace.sender;

import org.jspecify.annotations.NullMarked;
