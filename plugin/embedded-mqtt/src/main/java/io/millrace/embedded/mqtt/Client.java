package io.millrace.embedded.mqtt;

import io.millrace.api.ProjectId;
import io.millrace.spi.Header;
import java.nio.charset.StandardCharsets;

/**
 * A client that said CONNECT and may.
 *
 * @param who whom it stands for
 * @param mount where its topics hang
 * @param mqtt5 whether it speaks MQTT 5, else 3
 * @param id as it calls itself or was called by us
 * @param sessionId as the broker knows it
 * @param key of its records: they stay in order, and clients spread over partitions
 * @param header of its records
 */
record Client(
        Who who,
        Mount mount,
        boolean mqtt5,
        String id,
        String sessionId,
        byte[] key,
        Header header) {

    static final String CLIENT_HEADER = "mqtt.client";

    static Client of(Who who, boolean mqtt5, String id) {
        byte[] key = id.getBytes(StandardCharsets.UTF_8);
        var mount = new Mount(who.project());
        return new Client(
                who,
                mount,
                mqtt5,
                id,
                mount.clientIn(who, id),
                key,
                new Header(CLIENT_HEADER, key));
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
