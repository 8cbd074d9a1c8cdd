/** Kafka-ML's REST interface over Millrace's resources. */
@NullMarked
package io.millrace.kafkaml;

import org.jspecify.annotations.NullMarked;
