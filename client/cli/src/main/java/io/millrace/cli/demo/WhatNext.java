package io.millrace.cli.demo;

import java.net.URI;
import java.util.List;

/** What a user may try while the demo goes on. */
final class WhatNext {

    private static final int MQTT_PORT = 1883;

    private WhatNext() {}

    static List<String> lines(URI server, int portBase) {
        String option = portBase == 0 ? "" : " --server " + server;
        String port = portBase == 0 ? "" : " --port " + (MQTT_PORT + portBase);
        return List.of(
                "",
                "The demo goes on slowly until Ctrl-C. In another terminal, try",
                "  ./millrace get pipelines --project fashion" + option,
                "  ./millrace describe pipeline/fashion-pipeline --project fashion" + option,
                "  ./millrace logs -f pipeline/fashion-pipeline --project fashion" + option,
                "as a device, with Python and: pip install paho-mqtt msgpack",
                "  ./millrace sources certs mqtt-camera --project fashion -o certs.zip" + option,
                "  unzip certs.zip -d certs",
                "  python3 examples/fashion/client.py --certs certs --with-id" + port,
                "the model alone, over HTTP, with a picture that is all black",
                "  python3 -c 'print(\"{\\\"instances\\\":\", [[[[0.0]] * 28] * 28], \"}\")' \\",
                "    | curl -s -d @- "
                        + server
                        + "/projects/fashion/v1/models/fashion_classifier/versions/1:infer",
                "The API:           " + server + "/api/v1",
                "Its description:   " + server + "/api/v1/openapi.json",
                "The job's files:   examples/fashion/",
                "");
    }
}
