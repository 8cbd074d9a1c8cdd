/**
 * What senders of training data write: control messages, their formats, and arguments in Python's
 * words.
 */
@NullMarked
package io.millrace.codec.training;

import org.jspecify.annotations.NullMarked;
