package io.millrace.stream;

import io.millrace.spi.PipelineEdge;
import io.millrace.stream.tap.PipelineTap;
import io.millrace.stream.tap.Viewer;
import java.util.List;

/**
 * Shows the records of a task's batches to those who look on. While nobody does, a batch costs one
 * volatile read.
 */
final class BatchTap {

    private static final Viewer[] NOBODY = {};

    private final PipelineTap tap;
    private final List<Stage> stages;

    /** Stages before the declared steps: those have the numbers from 1. */
    private final int before;

    private Viewer[] viewers = NOBODY;

    BatchTap(PipelineTap tap, List<Stage> stages) {
        this.tap = tap;
        this.stages = stages;
        this.before = !stages.isEmpty() && stages.getFirst() instanceof FetchStage ? 1 : 0;
    }

    /** A batch as it was read. */
    void read(Batch batch) {
        viewers = tap.viewers();
        if (viewers.length > 0) {
            show(batch, new PipelineEdge.In(), "in", null);
        }
    }

    /** What a step made of it. */
    void passed(Batch batch, int stage) {
        if (viewers.length > 0) {
            String label = stages.get(stage).label();
            show(batch, new PipelineEdge.After(stage + 1 - before), label, label);
        }
    }

    /** What became of it in the end; what failed anywhere did not come out. */
    void answered(Batch batch) {
        if (viewers.length > 0) {
            show(batch, new PipelineEdge.Out(), "out", "");
            viewers = NOBODY;
        }
    }

    private void show(
            Batch batch,
            PipelineEdge edge,
            String label,
            @org.jspecify.annotations.Nullable String failedIn) {
        for (Viewer viewer : viewers) {
            if (viewer.edge().equals(edge)) {
                if (failedIn != null && batch.failedCount() > 0) {
                    showFailed(batch, viewer, failedIn);
                }
                showLive(batch, viewer, label);
            }
        }
    }

    /** Spread over the batch, so that not only its first records are ever seen. */
    private static void showLive(Batch batch, Viewer viewer, String label) {
        int live = 0;
        for (int item = 0; item < batch.size(); item++) {
            if (batch.isLive(item)) {
                live++;
            }
        }
        int admitted = viewer.admit(live);
        int seen = 0;
        for (int item = 0; admitted > 0 && item < batch.size(); item++) {
            if (batch.isLive(item)) {
                if ((long) (seen + 1) * admitted / live > (long) seen * admitted / live) {
                    viewer.show(label, batch.recordOf(item), batch.payload(item), null);
                }
                seen++;
            }
        }
    }

    /** Those that failed come first: who looks on wants to know. */
    private static void showFailed(Batch batch, Viewer viewer, String stage) {
        for (int i = 0; i < batch.recordCount(); i++) {
            Failure failure = batch.failure(i);
            if (failure != null
                    && (stage.isEmpty() || failure.stage().equals(stage))
                    && viewer.admit(1) == 1) {
                viewer.show(
                        failure.stage(), batch.record(i), batch.record(i).value(), failure.shown());
            }
        }
    }
}
