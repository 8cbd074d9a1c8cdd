package io.millrace.events;

import io.millrace.spi.Meters;
import io.millrace.spi.Meters.Count;
import io.millrace.spi.Meters.Timing;

/** What is counted of requests of stores. */
final class EventMeters {

    private static final String REQUESTS = "millrace_events_requests_total";
    private static final String HELP = "requests of object stores and senders of CloudEvents";

    final Count stored;
    final Count nothing;
    final Count letters;
    final Count refused;
    final Count unavailable;
    final Timing receiving;

    EventMeters(Meters meters) {
        this.stored = count(meters, "stored");
        this.nothing = count(meters, "nothing");
        this.letters = count(meters, "dead-letter");
        this.refused = count(meters, "refused");
        this.unavailable = count(meters, "unavailable");
        this.receiving =
                meters.timing(
                        "millrace_events_receive_seconds",
                        "from the request of a store until its events are in the log");
    }

    private static Count count(Meters meters, String outcome) {
        return meters.count(REQUESTS, HELP, "outcome", outcome);
    }
}
