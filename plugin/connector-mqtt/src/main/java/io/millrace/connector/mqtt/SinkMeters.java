package io.millrace.connector.mqtt;

import io.millrace.api.ProjectId;
import io.millrace.spi.Meters;
import io.millrace.spi.Meters.Count;
import java.util.function.DoubleSupplier;

/** The counters of one connection that carries results to another broker. */
final class SinkMeters {
    private final Meters meters;
    private final String[] labels;

    final Count published;
    final Count refused;
    final Count reconnects;
    final Count droppedHeaders;

    SinkMeters(Meters meters, ProjectId project, String clientId) {
        this.meters = meters;
        this.labels = new String[] {"project", project.value(), "client", clientId};
        published =
                meters.count(
                        "millrace_mqtt_sink_published_total",
                        "Results that another broker took",
                        labels);
        refused =
                meters.count(
                        "millrace_mqtt_sink_refused_total",
                        "Results that another broker will never take",
                        labels);
        reconnects =
                meters.count(
                        "millrace_mqtt_sink_reconnects_total",
                        "Connections to another broker that were made anew",
                        labels);
        droppedHeaders =
                meters.count(
                        "millrace_mqtt_sink_dropped_headers_total",
                        "Headers that MQTT cannot carry: no UTF-8 text, or too long",
                        labels);
    }

    void connected(DoubleSupplier value) {
        meters.gauge(
                "millrace_mqtt_sink_connected", "1 while there is a connection", value, labels);
    }

    void forget() {
        meters.forget(labels);
    }
}
