package io.millrace.embedded.mqtt;

import io.netty.channel.Channel;

/**
 * Stops reading from a connection while there is a reason to: TCP then slows the sender. Used on
 * the connection's event loop only.
 */
final class ReadGate {

    /** Packets wait for the broker's answer to CONNECT. */
    static final int WAITING = 1;

    /** Too much of this connection is on its way into the log. */
    static final int CONNECTION_FULL = 2;

    /** Too much of all connections is. */
    static final int BROKER_FULL = 4;

    /** The broker stops. */
    static final int STOPPING = 8;

    /** It sends faster than its data source allows. */
    static final int THROTTLED = 16;

    private final Channel channel;
    private int reasons;

    ReadGate(Channel channel) {
        this.channel = channel;
    }

    void shut(int reason) {
        reasons |= reason;
        channel.config().setAutoRead(false);
    }

    void open(int reason) {
        if ((reasons & reason) != 0) {
            reasons &= ~reason;
            if (reasons == 0) {
                channel.config().setAutoRead(true);
            }
        }
    }

    boolean isShut(int reason) {
        return (reasons & reason) != 0;
    }
}
