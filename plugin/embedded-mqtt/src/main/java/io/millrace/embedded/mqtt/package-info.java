/** An MQTT broker inside the process, with the way in to the log and the way out to subscribers. */
@NullMarked
package io.millrace.embedded.mqtt;

import org.jspecify.annotations.NullMarked;
