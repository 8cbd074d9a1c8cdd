package io.millrace.management.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Server-sent events, each on its way at once. Written by one thread.
 *
 * <p>A caller that has gone shows as {@link CloseConnectionException} at the next write.
 */
final class EventStream implements AutoCloseable {
    static final String MEDIA_TYPE = "text/event-stream";
    private final OutputStream out;

    private EventStream(OutputStream out) {
        this.out = out;
    }

    /** Sends the head of the response. */
    static EventStream open(ServerResponse response) {
        response.status(Status.OK_200)
                .header(HeaderNames.CONTENT_TYPE, MEDIA_TYPE)
                .header(HeaderNames.CACHE_CONTROL, "no-store");
        var stream = new EventStream(response.outputStream());
        stream.comment("open");
        return stream;
    }

    /** Something that readers pass over. */
    void comment(String text) {
        write(": " + text + "\n\n");
    }

    /** An event whose data is one line. */
    void event(String type, String data) {
        write("event: " + type + "\ndata: " + data + "\n\n");
    }

    /** An event after which a reader can resume. */
    void event(String type, String id, String data) {
        write("event: " + type + "\nid: " + id + "\ndata: " + data + "\n\n");
    }

    private void write(String text) {
        try {
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.flush();
        } catch (IOException | UncheckedIOException e) {
            throw gone(e);
        }
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException | UncheckedIOException e) {
            throw gone(e);
        }
    }

    private static CloseConnectionException gone(Exception e) {
        return new CloseConnectionException("the reader of a stream has gone", e);
    }
}
