/** A Kafka broker inside the process. */
@NullMarked
package io.millrace.embedded.kafka;

import org.jspecify.annotations.NullMarked;
