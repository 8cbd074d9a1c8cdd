/** Tests of what senders of training data write. */
@NullMarked
package io.millrace.codec.training;

import org.jspecify.annotations.NullMarked;
