package io.millrace.testkit;

import io.millrace.api.ResourceKey;
import io.millrace.spi.VersionJudge;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Versions are as good as a test says; a verdict waits until all of a trial are known. */
public final class FakeVersionJudge implements VersionJudge {

    private record Asked(Trial trial, Runnable changed) {}

    private final Map<ResourceKey, Asked> asked = new ConcurrentHashMap<>();
    private final Map<Integer, Double> scores = new ConcurrentHashMap<>();
    private final Map<Integer, String> refusals = new ConcurrentHashMap<>();
    private final List<Trial> trials = new ArrayList<>();
    private volatile Optional<Failed> failure = Optional.empty();

    @Override
    public synchronized void judge(ResourceKey owner, Trial trial, Runnable changed) {
        Asked before = asked.put(owner, new Asked(trial, changed));
        if (before == null || !before.trial().equals(trial)) {
            trials.add(trial);
        }
    }

    @Override
    public Optional<Verdict> observe(ResourceKey owner, Trial trial) {
        Asked known = asked.get(owner);
        if (known == null || !known.trial().equals(trial)) {
            return Optional.empty();
        }
        if (failure.isPresent()) {
            return Optional.of(failure.get());
        }
        var found = new HashMap<Integer, Double>();
        var refused = new HashMap<Integer, String>();
        for (int version : trial.versions()) {
            if (scores.containsKey(version)) {
                found.put(version, scores.get(version));
            } else if (refusals.containsKey(version)) {
                refused.put(version, refusals.get(version));
            } else {
                return Optional.empty();
            }
        }
        return Optional.of(new Judged(found, refused, 40));
    }

    @Override
    public void remove(ResourceKey owner) {
        asked.remove(owner);
    }

    /** How good a version is from now on; tells who waits for that. */
    public void score(int version, double score) {
        refusals.remove(version);
        scores.put(version, score);
        tell();
    }

    /** A version cannot answer. */
    public void refuse(int version, String why) {
        scores.remove(version);
        refusals.put(version, why);
        tell();
    }

    /** Nothing can be judged from now on. */
    public void fail(String message, boolean isTransient) {
        failure = Optional.of(new Failed(message, isTransient));
        tell();
    }

    /** Ends what {@link #fail} began. */
    public void comeBack() {
        failure = Optional.empty();
        tell();
    }

    private void tell() {
        asked.values().forEach(each -> each.changed().run());
    }

    /** What was asked, in order. */
    public synchronized List<Trial> trials() {
        return List.copyOf(trials);
    }
}
