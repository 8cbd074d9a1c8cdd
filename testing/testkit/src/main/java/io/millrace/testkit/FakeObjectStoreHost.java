package io.millrace.testkit;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.ObjectStoreHost;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Users of an object store that is not there, with keys that count up. */
public final class FakeObjectStoreHost implements ObjectStoreHost {

    private static final Instant MADE = Instant.parse("2026-11-20T20:00:00Z");

    private final Map<ProjectId, Map<ResourceName, User>> users = new ConcurrentHashMap<>();
    private final Set<ProjectId> full = ConcurrentHashMap.newKeySet();
    private final AtomicInteger made = new AtomicInteger();

    /** Has a project hold an object from now on, or none. */
    public void fill(ProjectId project, boolean isFull) {
        if (isFull) {
            full.add(project);
        } else {
            full.remove(project);
        }
    }

    @Override
    public Optional<String> endpoint() {
        return Optional.of("http://127.0.0.1:9000");
    }

    @Override
    public synchronized List<User> users(ProjectId project) {
        return List.copyOf(users.getOrDefault(project, Map.of()).values());
    }

    @Override
    public synchronized Credential make(ProjectId project, ResourceName name) {
        int number = made.incrementAndGet();
        var user = new User(name, "MRKEY" + number, MADE);
        users.computeIfAbsent(project, _ -> new TreeMap<>()).put(name, user);
        return new Credential(user, "secret" + number);
    }

    @Override
    public synchronized boolean remove(ProjectId project, ResourceName name) {
        return users.getOrDefault(project, Map.of()).remove(name) != null;
    }

    @Override
    public boolean holdsObjects(ProjectId project) {
        return full.contains(project);
    }

    @Override
    public synchronized void forget(ProjectId project) {
        users.remove(project);
        full.remove(project);
    }
}
