package io.millrace.testkit;

import io.millrace.spi.Meters;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

/** Meters that a test can read. */
public final class RecordingMeters implements Meters {

    private final Map<String, Adder> counts = new ConcurrentHashMap<>();
    private final Map<String, Adder> timings = new ConcurrentHashMap<>();
    private final Map<String, DoubleSupplier> gauges = new ConcurrentHashMap<>();

    @Override
    public Count count(String name, String help, String... labels) {
        return counts.computeIfAbsent(key(name, labels), _ -> new Adder());
    }

    @Override
    public Timing timing(String name, String help, String... labels) {
        Adder adder = timings.computeIfAbsent(key(name, labels), _ -> new Adder());
        return nanos -> adder.increment();
    }

    @Override
    public Sizes sizes(String name, String help, String... labels) {
        Adder adder = counts.computeIfAbsent(key(name, labels), _ -> new Adder());
        return adder::add;
    }

    @Override
    public void gauge(String name, String help, DoubleSupplier value, String... labels) {
        gauges.put(key(name, labels), value);
    }

    @Override
    public void forget(String... labels) {
        for (Map<String, ?> meters : List.of(counts, timings, gauges)) {
            meters.keySet()
                    .removeIf(key -> {
                        for (int i = 0; i < labels.length; i += 2) {
                            if (!key.contains(labels[i] + ", " + labels[i + 1])) {
                                return false;
                            }
                        }
                        return true;
                    });
        }
    }

    /** What the counters of a name stand at in all, whatever their labels. */
    public long total(String name) {
        return sum(counts, name);
    }

    /** How many durations of a name were recorded in all, whatever their labels. */
    public long timings(String name) {
        return sum(timings, name);
    }

    private static long sum(Map<String, Adder> adders, String name) {
        return adders.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(name + "["))
                .mapToLong(entry -> entry.getValue().value())
                .sum();
    }

    /** What one counter stands at; 0 when there is none. */
    public long countValue(String name, String... labels) {
        Adder count = counts.get(key(name, labels));
        return count == null ? 0 : count.value();
    }

    /** How many durations have been recorded under these labels. */
    public long timings(String name, String... labels) {
        Adder adder = timings.get(key(name, labels));
        return adder == null ? 0 : adder.value();
    }

    /** What a gauge says now; NaN when there is none. */
    public double gaugeValue(String name, String... labels) {
        DoubleSupplier gauge = gauges.get(key(name, labels));
        return gauge == null ? Double.NaN : gauge.getAsDouble();
    }

    private static String key(String name, String... labels) {
        return name + List.of(labels);
    }

    private static final class Adder implements Count {
        private final LongAdder adder = new LongAdder();

        @Override
        public void add(long amount) {
            adder.add(amount);
        }

        @Override
        public long value() {
            return adder.sum();
        }
    }
}
