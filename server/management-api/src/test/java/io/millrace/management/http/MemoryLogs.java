package io.millrace.management.http;

import io.millrace.api.ResourceKey;
import io.millrace.spi.StepLogs;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Lines in memory. */
final class MemoryLogs implements StepLogs {
    private final List<Line> lines = new ArrayList<>();
    private final List<Following> followers = new CopyOnWriteArrayList<>();

    @Override
    public synchronized void append(Line line) {
        lines.add(line);
        for (Following following : followers) {
            if (following.pipeline().equals(line.pipeline())) {
                following.follower().line(line);
            }
        }
    }

    /** Tells all followers that they lost lines. */
    void lose(long count) {
        followers.forEach(following -> following.follower().lost(count));
    }

    int followers() {
        return followers.size();
    }

    @Override
    public synchronized List<Line> tail(ResourceKey pipeline, int count) {
        List<Line> all = lines.stream().filter(l -> l.pipeline().equals(pipeline)).toList();
        return all.subList(Math.max(0, all.size() - count), all.size());
    }

    @Override
    public synchronized Subscription follow(ResourceKey pipeline, int count, Follower follower) {
        tail(pipeline, count).forEach(follower::line);
        var following = new Following(pipeline, follower);
        followers.add(following);
        return () -> followers.remove(following);
    }

    @Override
    public synchronized void remove(ResourceKey pipeline) {
        lines.removeIf(line -> line.pipeline().equals(pipeline));
    }

    private record Following(ResourceKey pipeline, Follower follower) {}
}
