package io.millrace.cli;

import io.millrace.client.ApiEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Events in aligned columns, oldest first. */
final class EventsTable {

    private EventsTable() {}

    /** With the resource that each happened to, or without where that is known. */
    static Table of(List<ApiEvent> events, boolean withResource, Instant now) {
        var headers = new ArrayList<>(List.of("LAST", "COUNT"));
        if (withResource) {
            headers.add("RESOURCE");
        }
        headers.addAll(List.of("SEVERITY", "REASON", "MESSAGE"));
        var table = new Table(headers);
        for (ApiEvent event : events) {
            var cells = new ArrayList<String>();
            cells.add(event.last().map(at -> Ages.since(at, now)).orElse(""));
            cells.add(Long.toString(event.count()));
            if (withResource) {
                cells.add(event.label());
            }
            cells.add(event.isWarning() ? "warning" : "normal");
            cells.add(event.reason());
            cells.add(event.message());
            table.add(cells);
        }
        return table;
    }
}
