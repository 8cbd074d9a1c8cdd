package io.millrace.embedded.mqtt;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.Secrets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Secrets in memory. */
final class FakeSecrets implements Secrets {

    private final Map<String, Secret> secrets = new ConcurrentHashMap<>();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicInteger asked = new AtomicInteger();

    /** How often a secret was asked for. */
    int asked() {
        return asked.get();
    }

    void remove(ProjectId project, String name) {
        secrets.remove(project + "/" + name);
        listeners.forEach(listener -> listener.changed(project, new ResourceName(name)));
    }

    void put(ProjectId project, String name, Map<String, String> values) {
        secrets.put(project + "/" + name, new Secret(values));
        listeners.forEach(listener -> listener.changed(project, new ResourceName(name)));
    }

    @Override
    public Optional<Secret> find(ProjectId project, ResourceName name) {
        asked.incrementAndGet();
        return Optional.ofNullable(secrets.get(project + "/" + name.value()));
    }

    @Override
    public Watch watch(Listener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }
}
