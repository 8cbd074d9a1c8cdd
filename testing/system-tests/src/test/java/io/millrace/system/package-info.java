/** Tests of the real process, from outside, with independent clients. */
@NullMarked
package io.millrace.system;

import org.jspecify.annotations.NullMarked;
