package io.millrace.objects.sink;

import io.millrace.api.ErrorCode;
import io.millrace.api.PipelineSpec.BucketAction;
import io.millrace.api.ProjectId;
import io.millrace.spi.Meters;
import io.millrace.spi.Meters.Count;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** The numbers of a project's outputs into buckets. */
final class BucketMeters {

    private final Map<BucketAction, Count> done = new EnumMap<>(BucketAction.class);
    private final Map<BucketAction, Count> failed = new EnumMap<>(BucketAction.class);
    private final Map<BucketAction, Count> waited = new EnumMap<>(BucketAction.class);
    private final Count repeated;
    private final Count buckets;
    private final Count bytes;

    BucketMeters(Meters meters, ProjectId project) {
        for (BucketAction action : BucketAction.values()) {
            String[] labels = {
                "project", project.value(), "action", action.name().toLowerCase(Locale.ROOT)
            };
            done.put(
                    action,
                    meters.count(
                            "millrace_bucket_sink_objects_total",
                            "Objects that were put, copied, moved or deleted",
                            labels));
            failed.put(
                    action,
                    meters.count(
                            "millrace_bucket_sink_failed_total",
                            "Records for which that will never work; they fail in their pipeline",
                            labels));
            waited.put(
                    action,
                    meters.count(
                            "millrace_bucket_sink_unavailable_total",
                            "Times that the store was away or busy; it is tried again",
                            labels));
        }
        repeated =
                meters.count(
                        "millrace_bucket_sink_repeated_total",
                        "Moves that an earlier try had done already",
                        "project",
                        project.value());
        buckets =
                meters.count(
                        "millrace_bucket_sink_buckets_total",
                        "Buckets that were made, or found when they were needed first",
                        "project",
                        project.value());
        bytes =
                meters.count(
                        "millrace_bucket_sink_bytes_total",
                        "Bytes that were put",
                        "project",
                        project.value());
    }

    void done(BucketAction action) {
        count(done, action);
    }

    void failed(BucketAction action, ErrorCode code) {
        count(OrderedWrites.isPassing(code) ? waited : failed, action);
    }

    private static void count(Map<BucketAction, Count> counts, BucketAction action) {
        Count count = counts.get(action);
        if (count != null) {
            count.increment();
        }
    }

    void repeated() {
        repeated.increment();
    }

    void bucket() {
        buckets.increment();
    }

    void put(int size) {
        bytes.add(size);
    }
}
