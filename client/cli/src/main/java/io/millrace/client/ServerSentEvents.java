package io.millrace.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads a stream of server-sent events, one after another. */
final class ServerSentEvents {

    /**
     * One event.
     *
     * @param name {@code message} where the server names none
     * @param id the last id seen, may be empty
     * @param data its lines, joined
     */
    record Event(String name, String id, String data) {}

    private final BufferedReader reader;
    private String lastId = "";

    ServerSentEvents(InputStream stream) {
        this.reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
    }

    /** The next event; empty at the end. An event that the end cuts off does not count. */
    Optional<Event> next() throws IOException {
        String name = "message";
        StringBuilder data = new StringBuilder();
        boolean hasData = false;
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            if (line.isEmpty()) {
                if (hasData) {
                    return Optional.of(new Event(name, lastId, data.toString()));
                }
                name = "message";
                continue;
            }
            String value = valueOf(line);
            switch (fieldOf(line)) {
                case "event" -> name = value;
                case "id" -> lastId = value;
                case "data" -> {
                    if (hasData) {
                        data.append('\n');
                    }
                    data.append(value);
                    hasData = true;
                }
                default -> {} // a comment, which keeps the connection alive, or a newer field
            }
        }
        return Optional.empty();
    }

    private static String fieldOf(String line) {
        int colon = line.indexOf(':');
        return colon < 0 ? line : line.substring(0, colon);
    }

    private static String valueOf(String line) {
        int colon = line.indexOf(':');
        if (colon < 0) {
            return "";
        }
        boolean hasSpace = colon + 1 < line.length() && line.charAt(colon + 1) == ' ';
        return line.substring(colon + (hasSpace ? 2 : 1));
    }
}
