package io.millrace.testkit;

import io.millrace.api.ResourceKey;
import io.millrace.spi.StepLogs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Logs that a test can read; nothing is ever dropped. Followers hear lines as they are kept. */
public final class RecordingStepLogs implements StepLogs {

    private final List<Line> lines = new ArrayList<>();
    private final List<ResourceKey> opened = new ArrayList<>();
    private final List<ResourceKey> removed = new ArrayList<>();
    private final Map<Object, Following> followers = new LinkedHashMap<>();

    private record Following(ResourceKey pipeline, Follower follower) {}

    @Override
    public synchronized void append(Line line) {
        lines.add(line);
        for (Following following : List.copyOf(followers.values())) {
            if (following.pipeline.equals(line.pipeline())) {
                following.follower.line(line);
            }
        }
    }

    @Override
    public synchronized List<Line> tail(ResourceKey pipeline, int count) {
        List<Line> own = lines.stream().filter(line -> line.pipeline().equals(pipeline)).toList();
        return List.copyOf(own.subList(Math.max(0, own.size() - count), own.size()));
    }

    @Override
    public synchronized Subscription follow(ResourceKey pipeline, int count, Follower follower) {
        tail(pipeline, count).forEach(follower::line);
        Object key = new Object();
        followers.put(key, new Following(pipeline, follower));
        return () -> {
            synchronized (this) {
                followers.remove(key);
            }
        };
    }

    @Override
    public synchronized void open(ResourceKey pipeline) {
        opened.add(pipeline);
    }

    @Override
    public synchronized void remove(ResourceKey pipeline) {
        removed.add(pipeline);
        lines.removeIf(line -> line.pipeline().equals(pipeline));
    }

    /** Each call of {@link #open}, in order. */
    public synchronized List<ResourceKey> opened() {
        return List.copyOf(opened);
    }

    /** Each call of {@link #remove}, in order. */
    public synchronized List<ResourceKey> removed() {
        return List.copyOf(removed);
    }

    /** The text of every line of every pipeline, oldest first. */
    public synchronized List<String> texts() {
        return lines.stream().map(Line::text).toList();
    }
}
