package io.millrace.function;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at all worker processes, again and again, and has those end that exceed a limit. */
final class Watch implements Runnable {

    static final long PERIOD_MILLIS = 50;

    private static final Logger log = LoggerFactory.getLogger(Watch.class);

    private final Set<WorkerProcess> processes = ConcurrentHashMap.newKeySet();

    void add(WorkerProcess process) {
        processes.add(process);
    }

    void remove(WorkerProcess process) {
        processes.remove(process);
    }

    @Override
    public void run() {
        for (WorkerProcess process : processes) {
            try {
                process.look();
            } catch (RuntimeException e) {
                // A watch that ends silently would leave every limit unguarded.
                log.error("Looking at worker process {} failed", process.pid(), e);
            }
        }
    }
}
