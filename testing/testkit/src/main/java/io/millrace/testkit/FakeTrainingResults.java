package io.millrace.testkit;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.spi.RunEvent;
import io.millrace.spi.RunReport;
import io.millrace.spi.TrainingResults;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/** Results that a test makes up. */
public final class FakeTrainingResults implements TrainingResults {

    private record Follower(ResourceKey run, Consumer<RunEvent> listener) {}

    private record File(ResourceKey run, Format format) {}

    private final Map<ResourceKey, RunReport> reports = new HashMap<>();
    private final Map<ResourceKey, List<RunEvent>> events = new HashMap<>();
    private final Map<ResourceKey, String> outputs = new HashMap<>();
    private final Map<File, Path> files = new HashMap<>();
    private final List<Follower> followers = new ArrayList<>();

    /** What a run has reported. */
    public synchronized void report(ResourceKey run, RunReport report) {
        reports.put(run, report);
    }

    /** Reports an event. */
    public synchronized void tell(ResourceKey run, RunEvent event) {
        events.computeIfAbsent(run, _ -> new ArrayList<>()).add(event);
        for (Follower follower : followers) {
            if (follower.run().equals(run)) {
                follower.listener().accept(event);
            }
        }
    }

    /** What the trainer printed. */
    public synchronized void print(ResourceKey run, String output) {
        outputs.put(run, output);
    }

    /** Makes a model. */
    public synchronized void make(ResourceKey run, Format format, Path file) {
        files.put(new File(run, format), file);
    }

    /** How many follow a run. */
    public synchronized int followers() {
        return followers.size();
    }

    @Override
    public synchronized Optional<RunReport> report(ResourceKey run) {
        return Optional.ofNullable(reports.get(run));
    }

    @Override
    public synchronized AutoCloseable follow(ResourceKey run, Consumer<RunEvent> listener) {
        if (!reports.containsKey(run) && !events.containsKey(run)) {
            throw MillraceException.notFound(run + " has reported nothing");
        }
        Objects.requireNonNullElse(events.get(run), List.<RunEvent>of()).forEach(listener);
        var follower = new Follower(run, listener);
        followers.add(follower);
        return () -> leave(follower);
    }

    private synchronized void leave(Follower follower) {
        followers.remove(follower);
    }

    @Override
    public synchronized Path model(ResourceKey run, Format format) {
        Path file = files.get(new File(run, format));
        if (file == null) {
            throw MillraceException.notFound(run + " made no model as " + format.label());
        }
        return file;
    }

    @Override
    public synchronized String output(ResourceKey run) {
        return outputs.getOrDefault(run, "");
    }
}
