package io.millrace.management.http;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads server-sent events as they come, each with a deadline. */
final class EventReader implements AutoCloseable {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final Event END = new Event("end", "", "");
    private final int status;
    private final InputStream in;
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

    EventReader(int status, InputStream in) {
        this.status = status;
        this.in = in;
        Thread.ofVirtual().start(this::read);
    }

    /** An event, or a comment with type {@code comment}. */
    record Event(String type, String id, String data) {
        JsonNode json() {
            return MAPPER.readTree(data);
        }
    }

    int status() {
        return status;
    }

    private void read() {
        var fields = new HashMap<String, String>();
        try (var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.isEmpty()) {
                    finish(fields);
                } else if (line.startsWith(":")) {
                    fields.put("event", "comment");
                } else {
                    int colon = line.indexOf(": ");
                    fields.put(line.substring(0, colon), line.substring(colon + 2));
                }
            }
        } catch (IOException | UncheckedIOException _) {
            // Closed from either side.
        }
        events.add(END);
    }

    private void finish(Map<String, String> fields) {
        events.add(
                new Event(
                        fields.getOrDefault("event", "message"),
                        fields.getOrDefault("id", ""),
                        fields.getOrDefault("data", "")));
        fields.clear();
    }

    /** The next event or comment. */
    Event nextOfAny() {
        try {
            Event event = events.poll(30, TimeUnit.SECONDS);
            if (event == null) {
                throw new AssertionError("no event came within 10 s");
            }
            return event;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** The next event that is no comment; type {@code end} when the stream ended. */
    Event next() {
        Event event = nextOfAny();
        while (event.type().equals("comment")) {
            event = nextOfAny();
        }
        return event;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
