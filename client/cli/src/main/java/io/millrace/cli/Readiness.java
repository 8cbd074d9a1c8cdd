package io.millrace.cli;

import io.millrace.api.Condition;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.client.ApiResource;
import io.millrace.client.Applied;
import io.millrace.client.MillraceClient;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Waits until resources work as their specs say. */
public final class Readiness {

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);

    private final MillraceClient client;
    private final TimeSource time;

    /** Waits with a client. */
    public Readiness(MillraceClient client, TimeSource time) {
        this.client = client;
        this.time = time;
    }

    /** The key of what was applied. */
    public static ResourceKey keyOf(Applied applied) {
        Kind kind =
                Kind.find(applied.kind())
                        .orElseThrow(() ->
                                MillraceException.internal(
                                        "the server applied the kind '"
                                                + applied.kind()
                                                + "', which this version does not know",
                                        null));
        var name = new ResourceName(applied.name());
        return kind.isInProject()
                ? ResourceKey.of(kind, new ProjectId(applied.project()), name)
                : ResourceKey.ofInstall(kind, name);
    }

    /**
     * Waits until all are ready.
     *
     * @param limit the most to wait
     * @param listener hears of each resource whenever what is said of its readiness changes, and
     *     answers whether waiting makes sense
     * @return those that are not ready, as they were seen last; empty when all are
     */
    public List<ApiResource> await(
            List<ResourceKey> keys, Duration limit, Predicate<? super ApiResource> listener) {
        long deadline = time.nanoTime() + limit.toNanos();
        var pending = new LinkedHashMap<ResourceKey, ApiResource>();
        var said = new LinkedHashMap<ResourceKey, String>();
        boolean goOn = true;
        while (true) {
            pending.clear();
            for (ResourceKey key : keys) {
                ApiResource resource = client.get(key);
                if (!resource.isReady()) {
                    pending.put(key, resource);
                }
                goOn &= tell(key, resource, said, listener);
            }
            boolean late = time.nanoTime() - deadline >= 0;
            if (pending.isEmpty() || late || !goOn || Thread.currentThread().isInterrupted()) {
                return List.copyOf(pending.values());
            }
            time.pause(BETWEEN_LOOKS);
        }
    }

    private static boolean tell(
            ResourceKey key,
            ApiResource resource,
            Map<ResourceKey, String> said,
            Predicate<? super ApiResource> listener) {
        String now = describe(resource);
        return now.equals(said.put(key, now)) || listener.test(resource);
    }

    /** What is said of its readiness, in a line. */
    public static String describe(ApiResource resource) {
        if (resource.isReady()) {
            return "ready";
        }
        return resource.ready().map(Readiness::describe).orElse("nothing is known yet");
    }

    private static String describe(Condition ready) {
        String text = ready.isTrue() ? "the change is not taken up yet" : ready.message();
        return text.isEmpty() ? ready.reason() : ready.reason() + ": " + text;
    }
}
