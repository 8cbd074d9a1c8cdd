package io.millrace.control;

import io.millrace.api.ResourceKey;
import io.millrace.spi.StepLogs;
import java.util.ArrayList;
import java.util.List;

/** Logs that hold no lines and remember whose were removed. */
final class ForgottenLogs implements StepLogs {
    private final List<ResourceKey> removed = new ArrayList<>();

    synchronized List<ResourceKey> removed() {
        return List.copyOf(removed);
    }

    @Override
    public void append(Line line) {}

    @Override
    public List<Line> tail(ResourceKey pipeline, int lines) {
        return List.of();
    }

    @Override
    public Subscription follow(ResourceKey pipeline, int lines, Follower follower) {
        return () -> {};
    }

    @Override
    public synchronized void remove(ResourceKey pipeline) {
        removed.add(pipeline);
    }
}
