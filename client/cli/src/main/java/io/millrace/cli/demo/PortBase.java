package io.millrace.cli.demo;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.List;
import java.util.function.IntPredicate;

/** Finds what to add to every default port so that all of them are free. */
final class PortBase {

    /** HTTP, MQTT, MQTT without TLS, Kafka. */
    static final List<Integer> DEFAULT_PORTS = List.of(8080, 1883, 1884, 9092);

    private static final int STEP = 1000;
    private static final int MAX_BASE = 50_000;

    private final IntPredicate isFree;

    PortBase(IntPredicate isFree) {
        this.isFree = isFree;
    }

    static PortBase ofMachine() {
        return new PortBase(PortBase::canListen);
    }

    /** 0 when the default ports are free. */
    int find() {
        for (int base = 0; base <= MAX_BASE; base += STEP) {
            if (taken(base).isEmpty()) {
                return base;
            }
        }
        throw new MillraceException(
                ErrorCode.UNAVAILABLE, "no free ports were found; are other servers running?");
    }

    /** Which of the ports are in use. */
    List<Integer> taken(int base) {
        return DEFAULT_PORTS.stream()
                .map(port -> port + base)
                .filter(port -> !isFree.test(port))
                .toList();
    }

    private static boolean canListen(int port) {
        try (var socket = new ServerSocket(port)) {
            return socket.isBound();
        } catch (IOException _) {
            return false;
        }
    }
}
