package io.millrace.stream;

import java.util.List;
import java.util.Optional;

/**
 * The steps of a pipeline, through which a batch goes one by one, with the retries of its policy.
 *
 * <p>Used by one thread. Hot path.
 */
final class StageChain implements AutoCloseable {

    private final List<Stage> stages;
    private final Attempts attempts;
    private final Verdicts verdicts;
    private final Trails trails = new Trails();

    /**
     * A chain that closes its stages.
     *
     * @param attempts of the batches that go through
     * @param verdicts may be used for something else between two calls
     */
    StageChain(List<Stage> stages, Attempts attempts, Verdicts verdicts) {
        this.stages = List.copyOf(stages);
        this.attempts = attempts;
        this.verdicts = verdicts;
    }

    List<Stage> stages() {
        return stages;
    }

    int size() {
        return stages.size();
    }

    /** Where a step stands, for people. */
    String label(int index) {
        return stages.get(index).label();
    }

    /** Why some step cannot take records yet; empty when all can. */
    Optional<String> notReady() {
        for (int i = 0; i < stages.size(); i++) {
            Optional<String> reason = stages.get(i).notReady();
            if (reason.isPresent()) {
                return reason;
            }
        }
        return Optional.empty();
    }

    /**
     * Has one step work on all items of a batch whose records have not failed; what it made of them
     * are the items afterwards.
     *
     * @throws BatchAbandoned when the task has to stop before
     */
    void run(int index, Batch batch) {
        Stage stage = stages.get(index);
        verdicts.start(batch.size());
        attempts.start(batch);
        while (attempts.count() > 0) {
            stage.attempt(batch, attempts.pending(), attempts.count(), verdicts);
            attempts.settle(batch, verdicts, stage.label());
        }
        batch.beginItems();
        int items = batch.size();
        for (int item = 0; item < items; item++) {
            if (batch.isLive(item)) {
                verdicts.addTo(batch, item, trails);
            }
        }
        batch.endItems();
    }

    @Override
    public void close() {
        var closing = new Closing();
        stages.forEach(closing::close);
        closing.rethrow();
    }
}
