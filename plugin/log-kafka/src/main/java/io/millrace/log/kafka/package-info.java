/** The stream log on Kafka clients. */
@NullMarked
package io.millrace.log.kafka;

import org.jspecify.annotations.NullMarked;
