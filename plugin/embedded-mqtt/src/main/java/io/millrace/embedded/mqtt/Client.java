package io.millrace.embedded.mqtt;

import io.millrace.api.ProjectId;
import io.millrace.spi.Header;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A client that said CONNECT and may.
 *
 * @param who whom it stands for
 * @param mount where its topics hang
 * @param mqtt5 whether it speaks MQTT 5, else 3
 * @param id as it calls itself or was called by us
 * @param sessionId as the broker knows it
 * @param key of its records: they stay in order, and clients spread over partitions
 * @param headers of its records: its id and, when it has one, its user
 */
record Client(
        Who who,
        Mount mount,
        boolean mqtt5,
        String id,
        String sessionId,
        byte[] key,
        List<Header> headers) {

    static final String CLIENT_HEADER = "mqtt.client";
    static final String USER_HEADER = "mqtt.user";

    static Client of(Who who, boolean mqtt5, String id) {
        byte[] key = id.getBytes(StandardCharsets.UTF_8);
        var mount = new Mount(who.project());
        return new Client(who, mount, mqtt5, id, mount.clientIn(who, id), key, headers(who, key));
    }

    private static List<Header> headers(Who who, byte[] key) {
        var client = new Header(CLIENT_HEADER, key);
        return who.user().isEmpty()
                ? List.of(client)
                : List.of(client, Header.of(USER_HEADER, who.user()));
    }

    ProjectId project() {
        return who.project();
    }

    Access access() {
        return who.access();
    }

    @Override
    public String toString() {
        String user = who.user();
        return "'"
                + LogText.of(id)
                + "'"
                + (user.isEmpty() ? "" : " of user '" + LogText.of(user) + "'");
    }
}
