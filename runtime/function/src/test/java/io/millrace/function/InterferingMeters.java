package io.millrace.function;

import io.millrace.spi.Meters;
import io.millrace.testkit.RecordingMeters;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.DoubleSupplier;

/** Meters that do something, once, at the moment a certain counter is asked for. */
final class InterferingMeters implements Meters {

    private final RecordingMeters meters = new RecordingMeters();
    private final String moment;
    private final Runnable deed;
    private final AtomicBoolean begun = new AtomicBoolean();
    private volatile boolean done;

    InterferingMeters(String moment, Runnable deed) {
        this.moment = moment;
        this.deed = deed;
    }

    boolean isDone() {
        return done;
    }

    @Override
    public Count count(String name, String help, String... labels) {
        if (name.equals(moment) && begun.compareAndSet(false, true)) {
            deed.run();
            done = true;
        }
        return meters.count(name, help, labels);
    }

    @Override
    public Timing timing(String name, String help, String... labels) {
        return meters.timing(name, help, labels);
    }

    @Override
    public Sizes sizes(String name, String help, String... labels) {
        return meters.sizes(name, help, labels);
    }

    @Override
    public void forget(String... labels) {
        meters.forget(labels);
    }

    @Override
    public void gauge(String name, String help, DoubleSupplier value, String... labels) {
        meters.gauge(name, help, value, labels);
    }
}
