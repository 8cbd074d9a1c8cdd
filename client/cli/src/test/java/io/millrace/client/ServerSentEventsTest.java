package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ServerSentEventsTest {

    @Test
    void readsNamesIdsAndDataOfSeveralLines() throws IOException {
        var events = of("id: 4\nevent: put\ndata: a\ndata:b\ndata:  c\n\ndata: d\n\n");
        assertThat(events.next()).contains(new ServerSentEvents.Event("put", "4", "a\nb\n c"));
        assertThat(events.next()).contains(new ServerSentEvents.Event("message", "4", "d"));
        assertThat(events.next()).isEmpty();
    }

    @Test
    void skipsCommentsAndEventsWithoutData() throws IOException {
        var events = of(": ping\n\nevent: put\n\n: ping\r\ndata: x\r\n\r\n");
        assertThat(events.next()).contains(new ServerSentEvents.Event("message", "", "x"));
    }

    @Test
    void leavesOutAnEventThatTheEndCutsOff() throws IOException {
        assertThat(of("data: x\n").next()).isEmpty();
    }

    private static ServerSentEvents of(String text) {
        return new ServerSentEvents(
                new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }
}
