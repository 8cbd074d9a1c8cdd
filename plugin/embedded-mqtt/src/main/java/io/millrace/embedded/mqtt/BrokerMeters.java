package io.millrace.embedded.mqtt;

import io.millrace.spi.Meters;
import io.millrace.spi.Meters.Count;

/** The broker's counters. Every message that does not arrive where it should is in one of them. */
final class BrokerMeters {

    final Count received;
    final Count ingestFailed;
    final Count lostAtQosZero;
    final Count echoDropped;
    final Count published;
    final Count unheard;
    final Count droppedForSubscriber;
    final Count expired;
    final Count connected;
    final Count refused;
    final Count forgedHeaders;
    final Count droppedProperties;
    final Count offlineDropped;
    final Count takeOvers;
    final Count throttled;
    final Count loginsFailed;
    final Count deniedPublish;
    final Count deniedSubscribe;

    BrokerMeters(Meters meters) {
        received =
                meters.count("millrace_mqtt_received_total", "Messages received for data sources");
        ingestFailed =
                meters.count(
                        "millrace_mqtt_ingest_failed_total",
                        "Messages that did not get into the log and were not acknowledged");
        lostAtQosZero =
                meters.count(
                        "millrace_mqtt_ingest_lost_total",
                        "QoS 0 messages that did not get into the log");
        echoDropped =
                meters.count(
                        "millrace_mqtt_echo_dropped_total",
                        "Messages in the log whose copy for subscribers of the data source topic"
                                + " was dropped");
        unheard =
                meters.count(
                        "millrace_mqtt_unheard_total",
                        "Results published to a topic that nobody had subscribed to");
        published = meters.count("millrace_mqtt_published_total", "Results published by pipelines");
        droppedForSubscriber =
                meters.count(
                        "millrace_mqtt_subscriber_dropped_total",
                        "Messages dropped because too many wait for a subscriber");
        expired =
                meters.count(
                        "millrace_mqtt_expired_total", "Messages whose expiry interval ran out");
        connected = meters.count("millrace_mqtt_connections_total", "Connections accepted");
        refused = meters.count("millrace_mqtt_refused_total", "Connections refused");
        forgedHeaders =
                meters.count(
                        "millrace_mqtt_forged_headers_total",
                        "User properties of clients that were left out because only Millrace gives"
                                + " such names");
        droppedProperties =
                meters.count(
                        "millrace_mqtt_properties_dropped_total",
                        "User properties and correlation data left out because they were too many,"
                                + " too large or no text");
        offlineDropped =
                meters.count(
                        "millrace_mqtt_offline_dropped_total",
                        "QoS 0 messages dropped because their subscriber was not connected");
        takeOvers =
                meters.count(
                        "millrace_mqtt_takeovers_total",
                        "Connections closed because another came with the same client id");
        throttled =
                meters.count(
                        "millrace_mqtt_throttled_total",
                        "Pauses in reading a client that sends faster than its data source allows");
        loginsFailed =
                meters.count(
                        "millrace_mqtt_login_failed_total",
                        "Connections refused for a wrong user name or password");
        String denied = "Publishes and subscriptions to topics that are not the client's own";
        deniedPublish = meters.count("millrace_mqtt_denied_total", denied, "action", "publish");
        deniedSubscribe = meters.count("millrace_mqtt_denied_total", denied, "action", "subscribe");
    }
}
