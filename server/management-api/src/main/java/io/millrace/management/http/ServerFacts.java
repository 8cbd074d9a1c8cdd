package io.millrace.management.http;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a server says of itself.
 *
 * @param version of Millrace
 * @param ports by name, such as {@code http}; only those that are open
 */
public record ServerFacts(String version, Map<String, Integer> ports) {
    public ServerFacts {
        ports = Collections.unmodifiableMap(new LinkedHashMap<String, Integer>(ports));
    }
}
