package io.millrace.embedded.kafka;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.kafka.common.utils.Exit;

/**
 * Kafka ends the JVM when it meets a fatal fault. Here it ends only the thread that met it, and
 * tells the brokers of this process. Kafka's switch for that belongs to the whole process and is
 * never turned back: some thread of a broker may meet its fault late.
 */
final class FatalFaults {

    private static final Set<Consumer<String>> LISTENERS = ConcurrentHashMap.newKeySet();

    private FatalFaults() {}

    static void addListener(Consumer<String> listener) {
        Exit.setExitProcedure(FatalFaults::met);
        Exit.setHaltProcedure(FatalFaults::met);
        LISTENERS.add(listener);
    }

    static void removeListener(Consumer<String> listener) {
        LISTENERS.remove(listener);
    }

    private static void met(int status, @org.jspecify.annotations.Nullable String message) {
        String reason =
                message == null
                        ? "Kafka gave no reason but status " + status + "; its log says why"
                        : message;
        LISTENERS.forEach(listener -> listener.accept(reason));
        throw new BrokerHalted(reason);
    }

    /** Ends the thread that wanted to end the process: what follows such a call must not run. */
    static final class BrokerHalted extends Error {
        private static final long serialVersionUID = 1L;

        BrokerHalted(String reason) {
            super("Kafka wanted to end the process: " + reason);
        }
    }
}
