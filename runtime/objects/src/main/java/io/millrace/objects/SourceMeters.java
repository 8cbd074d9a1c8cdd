package io.millrace.objects;

import io.millrace.api.ResourceKey;
import io.millrace.spi.Meters;

/** The numbers of one bucket data source. */
record SourceMeters(
        Meters.Count received,
        Meters.Count repeated,
        Meters.Count filtered,
        Meters.Count refused,
        Meters.Count denied,
        Meters.Count reconnects) {

    static SourceMeters of(Meters meters, ResourceKey source) {
        String project = source.project().value();
        String name = source.name().value();
        return new SourceMeters(
                meters.count(
                        "millrace_source_received_total",
                        "Records taken into the log",
                        "project",
                        project,
                        "source",
                        name),
                events(meters, project, name, "repeated"),
                events(meters, project, name, "filtered"),
                events(meters, project, name, "refused"),
                meters.count(
                        "millrace_bucket_senders_denied_total",
                        "Requests of senders of events that did not prove who they are",
                        "project",
                        project,
                        "source",
                        name),
                meters.count(
                        "millrace_source_reconnects_total",
                        "Connections made anew after a failure",
                        "project",
                        project,
                        "source",
                        name));
    }

    private static Meters.Count events(Meters meters, String project, String name, String outcome) {
        return meters.count(
                "millrace_bucket_events_passed_total",
                "News of objects that became no record: repeated, filtered, or refused and kept as"
                        + " dead letters",
                "project",
                project,
                "source",
                name,
                "outcome",
                outcome);
    }
}
