package io.millrace.app;

import io.millrace.api.MillraceException;
import io.millrace.spi.Meters;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;

/** Meters in the Prometheus client's registry, written in its text format. */
final class PrometheusMeters implements Meters {

    private static final double NANOS_PER_SECOND = 1e9;
    private static final double[] LATENCY_BOUNDS = {
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
        10, 30
    };

    private static final double[] SIZE_BOUNDS = {
        1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384
    };

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final Map<String, String> kinds = new ConcurrentHashMap<>();
    private final Map<String, Counter> counters = new ConcurrentHashMap<>();
    private final Map<String, Histogram> histograms = new ConcurrentHashMap<>();
    private final Map<String, GaugeFamily> gauges = new ConcurrentHashMap<>();

    /** The labels of each counter and histogram by the metric's name, to find them again. */
    private final Map<String, Set<List<String>>> made = new ConcurrentHashMap<>();

    /** One counter and one gauge of a name would leave a page that nobody can read. */
    private void claim(String name, String kind) {
        String base = name.endsWith("_total") ? name.substring(0, name.length() - 6) : name;
        String before = kinds.putIfAbsent(base, kind);
        if (before != null && !before.equals(kind)) {
            throw MillraceException.internal(
                    "%s cannot be a %s: there is a %s of that name".formatted(name, kind, before),
                    null);
        }
    }

    @Override
    public Count count(String name, String help, String... labels) {
        claim(name, "counter");
        Counter counter =
                counters.computeIfAbsent(
                        name,
                        n ->
                                Counter.builder()
                                        .name(n)
                                        .help(help)
                                        .labelNames(names(labels))
                                        .register(registry));
        remember(name, labels);
        return new PrometheusCount(counter.labelValues(values(labels)));
    }

    @Override
    public Timing timing(String name, String help, String... labels) {
        DistributionDataPoint point = histogram(name, help, LATENCY_BOUNDS, labels);
        return nanos -> point.observe(nanos / NANOS_PER_SECOND);
    }

    @Override
    public Sizes sizes(String name, String help, String... labels) {
        DistributionDataPoint point = histogram(name, help, SIZE_BOUNDS, labels);
        return point::observe;
    }

    private DistributionDataPoint histogram(
            String name, String help, double[] bounds, String... labels) {
        claim(name, "histogram");
        remember(name, labels);
        return histograms
                .computeIfAbsent(
                        name,
                        n ->
                                Histogram.builder()
                                        .name(n)
                                        .help(help)
                                        .labelNames(names(labels))
                                        .classicOnly()
                                        .classicUpperBounds(bounds)
                                        .register(registry))
                .labelValues(values(labels));
    }

    @Override
    public void gauge(String name, String help, DoubleSupplier value, String... labels) {
        claim(name, "gauge");
        gauges.computeIfAbsent(
                        name,
                        n -> {
                            var family = new GaugeFamily(n, help);
                            registry.register(family);
                            return family;
                        })
                .put(Labels.of(labels), value);
    }

    private void remember(String name, String... labels) {
        made.computeIfAbsent(name, _ -> ConcurrentHashMap.newKeySet()).add(List.of(labels));
    }

    @Override
    public void forget(String... labels) {
        made.forEach((name, all) ->
                all.removeIf(candidate -> {
                    boolean isMeant = carries(candidate, labels);
                    if (isMeant) {
                        remove(name, values(candidate.toArray(String[]::new)));
                    }
                    return isMeant;
                }));
        gauges.values().forEach(family -> family.forget(labels));
    }

    private void remove(String name, String... values) {
        Counter counter = counters.get(name);
        if (counter != null) {
            counter.remove(values);
        }
        Histogram histogram = histograms.get(name);
        if (histogram != null) {
            histogram.remove(values);
        }
    }

    private static boolean carries(List<String> candidate, String... wanted) {
        for (int i = 0; i < wanted.length; i += 2) {
            boolean isThere = false;
            for (int j = 0; j < candidate.size(); j += 2) {
                isThere |=
                        candidate.get(j).equals(wanted[i])
                                && candidate.get(j + 1).equals(wanted[i + 1]);
            }
            if (!isThere) {
                return false;
            }
        }
        return true;
    }

    /** Writes all meters in the Prometheus text format. */
    void write(OutputStream out) throws IOException {
        PrometheusTextFormatWriter.create().write(out, registry.scrape());
    }

    private static String[] names(String... labels) {
        return everySecond(labels, 0);
    }

    private static String[] values(String... labels) {
        return everySecond(labels, 1);
    }

    private static String[] everySecond(String[] labels, int from) {
        String[] half = new String[labels.length / 2];
        Arrays.setAll(half, i -> labels[2 * i + from]);
        return half;
    }

    private record PrometheusCount(CounterDataPoint point) implements Count {
        @Override
        public void add(long amount) {
            point.inc(amount);
        }

        @Override
        public long value() {
            return point.getLongValue();
        }
    }

    /** All gauges of a name: the library's own callback gauges cannot gain labels later. */
    private static final class GaugeFamily implements Collector {
        private final String name;
        private final String help;
        private final Map<Labels, DoubleSupplier> values = new ConcurrentHashMap<>();

        GaugeFamily(String name, String help) {
            this.name = name;
            this.help = help;
        }

        void put(Labels labels, DoubleSupplier value) {
            values.put(labels, value);
        }

        void forget(String... wanted) {
            values.keySet()
                    .removeIf(labels -> {
                        for (int i = 0; i < wanted.length; i += 2) {
                            if (!wanted[i + 1].equals(labels.get(wanted[i]))) {
                                return false;
                            }
                        }
                        return true;
                    });
        }

        @Override
        public MetricSnapshot collect() {
            List<GaugeSnapshot.GaugeDataPointSnapshot> points =
                    values.entrySet().stream()
                            .map(entry ->
                                    GaugeSnapshot.GaugeDataPointSnapshot.builder()
                                            .labels(entry.getKey())
                                            .value(entry.getValue().getAsDouble())
                                            .build())
                            .toList();
            var snapshot = GaugeSnapshot.builder().name(name).help(help);
            points.forEach(snapshot::dataPoint);
            return snapshot.build();
        }
    }
}
