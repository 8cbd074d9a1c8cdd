package io.millrace.inference;

import io.millrace.api.TrafficRule;
import io.millrace.spi.Meters;
import io.millrace.spi.TrafficReport;
import io.millrace.spi.TrafficReport.Comparison;
import io.millrace.spi.TrafficReport.VersionTraffic;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** How calls were divided since a traffic rule took effect: a new rule gets a new book. */
final class TrafficBook {

    private final TrafficRule rule;
    private final Map<Integer, VersionCalls> versions = new ConcurrentSkipListMap<>();
    private final LongAdder compared = new LongAdder();
    private final LongAdder agreed = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder notMirrored = new LongAdder();
    private final Meters.Count notMirroredInAll;

    /**
     * An empty book.
     *
     * @param notMirroredInAll counts over all books of the model
     */
    TrafficBook(TrafficRule rule, Meters.Count notMirroredInAll) {
        this.rule = rule;
        this.notMirroredInAll = notMirroredInAll;
    }

    TrafficRule rule() {
        return rule;
    }

    /** Where the calls of a version are counted. */
    VersionCalls of(int version) {
        return versions.computeIfAbsent(version, _ -> new VersionCalls());
    }

    /** Forgets a version that is gone. */
    void remove(int version) {
        versions.remove(version);
    }

    /** Both answered. */
    void compared(boolean isSame) {
        compared.increment();
        if (isSame) {
            agreed.increment();
        }
    }

    /** Only the shadow failed. */
    void shadowFailed() {
        failed.increment();
    }

    /** The shadow was busy. */
    void notMirrored() {
        notMirrored.increment();
        notMirroredInAll.increment();
    }

    TrafficReport report() {
        var reports = new ArrayList<VersionTraffic>();
        versions.forEach((version, calls) -> {
            if (calls.calls() > 0) {
                reports.add(calls.report(version));
            }
        });
        return new TrafficReport(reports, comparison());
    }

    private Optional<Comparison> comparison() {
        return rule instanceof TrafficRule.Shadow(int version, int _)
                ? Optional.of(
                        new Comparison(
                                version,
                                compared.sum(),
                                agreed.sum(),
                                failed.sum(),
                                notMirrored.sum()))
                : Optional.empty();
    }
}
