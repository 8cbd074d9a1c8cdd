package io.millrace.stream;

import io.millrace.spi.Meters;
import java.util.function.DoubleSupplier;

/** Meters that count nothing: what is only tried is not among what happened. */
final class Uncounted implements Meters {

    static final Meters METERS = new Uncounted();

    private static final Count COUNT =
            new Count() {
                @Override
                public void add(long amount) {}

                @Override
                public long value() {
                    return 0;
                }
            };

    private Uncounted() {}

    @Override
    public Count count(String name, String help, String... labels) {
        return COUNT;
    }

    @Override
    public Timing timing(String name, String help, String... labels) {
        return _ -> {};
    }

    @Override
    public Sizes sizes(String name, String help, String... labels) {
        return _ -> {};
    }

    @Override
    public void gauge(String name, String help, DoubleSupplier value, String... labels) {}

    @Override
    public void forget(String... labels) {}
}
