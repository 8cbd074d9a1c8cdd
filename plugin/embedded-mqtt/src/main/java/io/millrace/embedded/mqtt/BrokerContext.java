package io.millrace.embedded.mqtt;

import io.millrace.api.IdSource;
import io.millrace.api.TimeSource;
import io.millrace.embedded.mqtt.EmbeddedMqttConfig.Listener;
import io.millrace.spi.StreamLog;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What all connections share.
 *
 * @param log takes what is published for data sources
 * @param time the clock
 * @param ids names clients that do not name themselves
 * @param listeners by the name that Artemis knows
 * @param identities says whom a certificate stands for
 * @param logins checks names and passwords
 * @param attempts at the wrong ones
 * @param refusals tells of senders who are refused
 * @param accessEpoch goes up when users, or what they may, have changed
 * @param takeOvers of one client id by another connection
 * @param sessions removes what a client may no longer have
 * @param limits where to stop
 * @param meters counts
 * @param budget the bytes under way
 * @param routes the topics of data sources
 * @param connections all that are open
 * @param transientClients the broker's ids of MQTT 5 clients whose session ends with the connection
 * @param packetIds under which persistent sessions know what they have not acknowledged
 * @param echo sends copies to subscribers of data source topics
 */
record BrokerContext(
        StreamLog log,
        TimeSource time,
        IdSource ids,
        Map<String, Listener> listeners,
        ClientIdentities identities,
        Logins logins,
        LoginAttempts attempts,
        Refusals refusals,
        AtomicLong accessEpoch,
        TakeOvers takeOvers,
        StoredSessions sessions,
        MqttLimits limits,
        BrokerMeters meters,
        IngestBudget budget,
        AtomicReference<RouteTable> routes,
        Set<ConnectionHandler> connections,
        ConcurrentHashMap<String, ConnectionHandler> transientClients,
        PacketIds packetIds,
        EchoRouter echo) {}
