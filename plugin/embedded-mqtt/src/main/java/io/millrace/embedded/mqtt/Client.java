package io.millrace.embedded.mqtt;

import io.millrace.api.ProjectId;
import io.millrace.spi.Header;
import java.nio.charset.StandardCharsets;

/**
 * A client that said CONNECT and may.
 *
 * @param project its tenant
 * @param mount where its topics hang
 * @param mqtt5 whether it speaks MQTT 5, else 3
 * @param id as it calls itself or was called by us
 * @param key of its records
 * @param header of its records
 */
record Client(ProjectId project, Mount mount, boolean mqtt5, String id, byte[] key, Header header) {

    static final String CLIENT_HEADER = "mqtt.client";

    static Client of(ProjectId project, boolean mqtt5, String id) {
        byte[] key = id.getBytes(StandardCharsets.UTF_8);
        return new Client(
                project, new Mount(project), mqtt5, id, key, new Header(CLIENT_HEADER, key));
    }
}
