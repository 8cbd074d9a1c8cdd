package io.millrace.connector.mqtt;

import io.millrace.api.ResourceKey;
import io.millrace.spi.Meters;
import io.millrace.spi.Meters.Count;
import java.util.function.DoubleSupplier;

/** The counters of one data source. Every message that does not get into the log is in one. */
final class SourceMeters {
    private final Meters meters;
    private final String[] labels;

    final Count received;
    final Count reconnects;
    final Count forgedHeaders;
    final Count droppedProperties;
    final Count overflow;
    final Count logFailed;
    final Count tooLarge;
    final Count unrouted;

    SourceMeters(Meters meters, ResourceKey source) {
        this.meters = meters;
        this.labels =
                new String[] {"project", source.project().value(), "source", source.name().value()};
        received = count("millrace_source_received_total", "Messages received from another broker");
        reconnects =
                count(
                        "millrace_source_reconnects_total",
                        "Connections to another broker that were made anew");
        forgedHeaders =
                count(
                        "millrace_source_forged_headers_total",
                        "User properties dropped because only Millrace itself sets such headers");
        droppedProperties =
                count(
                        "millrace_source_properties_dropped_total",
                        "User properties left out because there are too many or they are too"
                                + " large");
        overflow = dropped("overflow");
        logFailed = dropped("log");
        tooLarge = dropped("too-large");
        unrouted = dropped("unrouted");
    }

    private Count count(String name, String help) {
        return meters.count(name, help, labels);
    }

    private Count dropped(String reason) {
        return meters.count(
                "millrace_source_dropped_total",
                "Messages that did not get into the log and do not come again",
                labels[0],
                labels[1],
                labels[2],
                labels[3],
                "reason",
                reason);
    }

    void connected(DoubleSupplier value) {
        meters.gauge("millrace_source_connected", "1 while there is a connection", value, labels);
    }

    void inFlight(DoubleSupplier value) {
        meters.gauge(
                "millrace_source_in_flight",
                "Messages received and not acknowledged yet",
                value,
                labels);
    }

    void forget() {
        meters.forget(labels);
    }
}
