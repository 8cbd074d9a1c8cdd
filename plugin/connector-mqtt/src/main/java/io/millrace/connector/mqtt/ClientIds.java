package io.millrace.connector.mqtt;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.MqttConnection;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import java.util.HashMap;
import java.util.Map;

/**
 * Gives each connection a client id of its own, the same one again after a restart: with one id,
 * two connections throw each other out for ever.
 */
final class ClientIds {
    private static final int NODE_CHARACTERS = 8;

    private final String node;

    /** Who has an id at a broker. */
    private final Map<Holding, String> taken = new HashMap<>();

    private record Holding(String url, String id) {}

    ClientIds(String nodeId) {
        this.node = nodeId.substring(0, Math.min(NODE_CHARACTERS, nodeId.length()));
    }

    /**
     * The id of a data source: the declared one as it is.
     *
     * @throws MillraceException {@code CONFLICT} when another data source has it
     */
    synchronized String ofSource(ResourceKey source, MqttConnection broker) {
        String id =
                broker.clientId().isEmpty()
                        ? "millrace-%s-%s-%s".formatted(node, source.project(), source.name())
                        : broker.clientId();
        String holder = taken.putIfAbsent(new Holding(broker.url(), id), source.label());
        if (holder != null && !holder.equals(source.label())) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "%s is connected to %s with the client id '%s' already; give each its own clientId"
                            .formatted(holder, broker.url(), id));
        }
        return id;
    }

    /** The id of an output of a task: the declared one, or one of the project, and a number. */
    synchronized String ofSink(ProjectId project, MqttConnection broker) {
        String base =
                broker.clientId().isEmpty()
                        ? "millrace-%s-%s-out".formatted(node, project)
                        : broker.clientId();
        for (int number = 1; ; number++) {
            String id = base + "-" + number;
            if (taken.putIfAbsent(new Holding(broker.url(), id), "an output") == null) {
                return id;
            }
        }
    }

    synchronized void release(String url, String id) {
        taken.remove(new Holding(url, id));
    }
}
