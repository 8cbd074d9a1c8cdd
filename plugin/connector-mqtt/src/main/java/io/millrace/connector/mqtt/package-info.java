/** Other MQTT brokers: as sources of data and as places for results. */
@NullMarked
package io.millrace.connector.mqtt;

import org.jspecify.annotations.NullMarked;
