package io.millrace.connector.mqtt;

import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5DisconnectReasonCode;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.OutputRecord;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the message to which a broker answers by ending the connection, as some do: it would be
 * tried for ever and keep out all behind it. After a connection is lost fewer go out at a time, at
 * last one by one, and more again as they pass; when it is lost several times in a row, each time a
 * fresh one with the same message alone under way, that message is to blame. When nothing has been
 * answered since a message was blamed, it is the broker that takes nothing, and no other is.
 *
 * <p>Not safe for several threads.
 */
final class Suspicion {
    private static final int PROOF = 3;

    /** A loss that has nothing to do with a message shall not cost a far broker its speed. */
    private static final int FEWER = 8;

    private static final int ALL = Integer.MAX_VALUE;

    /** What a broker says that has nothing to do with a message of ours. */
    private static final Set<Mqtt5DisconnectReasonCode> NOT_OURS =
            EnumSet.of(
                    Mqtt5DisconnectReasonCode.SERVER_BUSY,
                    Mqtt5DisconnectReasonCode.SERVER_SHUTTING_DOWN,
                    Mqtt5DisconnectReasonCode.KEEP_ALIVE_TIMEOUT,
                    Mqtt5DisconnectReasonCode.SESSION_TAKEN_OVER,
                    Mqtt5DisconnectReasonCode.CONNECTION_RATE_EXCEEDED,
                    Mqtt5DisconnectReasonCode.MESSAGE_RATE_TOO_HIGH,
                    Mqtt5DisconnectReasonCode.QUOTA_EXCEEDED,
                    Mqtt5DisconnectReasonCode.ADMINISTRATIVE_ACTION,
                    Mqtt5DisconnectReasonCode.USE_ANOTHER_SERVER,
                    Mqtt5DisconnectReasonCode.SERVER_MOVED,
                    Mqtt5DisconnectReasonCode.MAXIMUM_CONNECT_TIME);

    private @Nullable OutputRecord suspect;
    private @Nullable MqttSession last;
    private int losses;

    /** Whether a message was blamed, and no other answered since. */
    private boolean hasBlamed;

    private int window = ALL;

    /** How many have passed since the window was changed. */
    private int passed;

    /** How many may be under way. */
    int window(int most) {
        return Math.min(window, most);
    }

    /** The broker has answered to a message. */
    void passed() {
        hasBlamed = false;
        if (window == ALL) {
            return;
        }
        suspect = null;
        losses = 0;
        passed++;
        if (passed >= window) {
            passed = 0;
            window = window > ALL / 2 ? ALL : 2 * window;
        }
    }

    /**
     * A connection was lost; it counts when it has ended, for a reason that is known.
     *
     * @param first the first message without an answer
     * @param underWay how many there were, with that one
     * @return whether that one is to blame
     */
    boolean lost(MqttSession session, OutputRecord first, int underWay) {
        if (session.equals(last) || !mayBeOurs(session.ended().getNow(null))) {
            return false;
        }
        last = session;
        window = Math.max(1, underWay / FEWER);
        passed = 0;
        losses = underWay > 1 ? 0 : isSuspect(first) ? losses + 1 : 1;
        suspect = first;
        if (losses < PROOF || hasBlamed) {
            return false;
        }
        hasBlamed = true;
        suspect = null;
        losses = 0;
        return true;
    }

    /** A task that is built anew makes its records anew. */
    private boolean isSuspect(OutputRecord record) {
        OutputRecord before = suspect;
        return before != null
                && record.destination().equals(before.destination())
                && Arrays.equals(record.value(), before.value());
    }

    private static boolean mayBeOurs(@Nullable MillraceException end) {
        return end != null
                && end.code() == ErrorCode.UNAVAILABLE
                && !(end.getCause() instanceof Mqtt5DisconnectException told
                        && NOT_OURS.contains(told.getMqttMessage().getReasonCode()));
    }
}
