package io.millrace.client;

import java.util.Map;

/**
 * Who answers and where its other doors are.
 *
 * @param version of the server
 * @param ports by name, such as {@code mqtt}; only those that are open
 */
public record ServerInfo(String version, Map<String, Integer> ports) {

    public ServerInfo {
        ports = Map.copyOf(ports);
    }
}
