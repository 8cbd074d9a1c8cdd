/** Sends samples for training to Kafka and announces them to those who train. */
@NullMarked
package io.millrace.sender;

import org.jspecify.annotations.NullMarked;
