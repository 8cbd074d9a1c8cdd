package io.millrace.stream;

import java.util.concurrent.locks.LockSupport;

/**
 * How a thread waits for something that another thread will signal. In a simulation, which has one
 * thread only, it makes that something happen instead.
 */
interface Parking {

    /** Waits a little, or until signalled; may return at any time. */
    void park();

    /** Ends the wait of a thread. */
    void unpark(Thread thread);

    /** Threads of the machine. */
    static Parking threads() {
        return new Parking() {
            private static final long AT_MOST_NANOS = 100_000_000;

            @Override
            public void park() {
                LockSupport.parkNanos(this, AT_MOST_NANOS);
            }

            @Override
            public void unpark(Thread thread) {
                LockSupport.unpark(thread);
            }
        };
    }
}
