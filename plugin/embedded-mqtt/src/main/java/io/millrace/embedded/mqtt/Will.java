package io.millrace.embedded.mqtt;

import io.millrace.embedded.mqtt.RouteTable.Route;

/**
 * What a client wants published on a data source topic when its connection breaks.
 *
 * @param route of the topic
 * @param topic as the client names it
 * @param value the payload
 * @param qos 0 to 2
 */
record Will(Route route, String topic, byte[] value, int qos) {}
