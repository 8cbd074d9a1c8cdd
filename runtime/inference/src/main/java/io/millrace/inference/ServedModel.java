package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.FrameworkName;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ResourceKey;
import io.millrace.api.VersionRef;
import io.millrace.spi.ModelServing.Description;
import io.millrace.spi.ModelServing.VersionState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model, its versions and which of them answers. Calls read a picture that never changes. */
final class ServedModel {

    /** The alias that says which version serves when none is named. */
    static final String PRODUCTION = "production";

    private static final Logger LOG = LoggerFactory.getLogger(ServedModel.class);

    /** No version has this number. */
    private static final int NONE = -1;

    private final ResourceKey key;
    private final CallMeters meters;
    private final TreeMap<Integer, ServedVersion> versions = new TreeMap<>();
    private @Nullable ModelSpec spec;
    private int lastWanted = NONE;
    private Runnable changed = () -> {};
    private volatile Picture picture =
            new Picture(Map.of(), Map.of(), Map.of(), null, List.of(), "");

    ServedModel(ResourceKey key, CallMeters meters) {
        this.key = key;
        this.meters = meters;
    }

    CallMeters meters() {
        return meters;
    }

    ResourceKey key() {
        return key;
    }

    /** What callers see at one moment. */
    private record Picture(
            Map<Integer, String> notes,
            Map<Integer, ServedVersion.Serving> ready,
            Map<String, Integer> aliases,
            ServedVersion.@Nullable Serving serving,
            List<VersionState> states,
            String framework) {}

    /**
     * Takes a new declaration.
     *
     * @param load called for each version to load
     * @param drain called for each batcher to close
     */
    synchronized void declare(
            ModelSpec newSpec,
            Runnable whenChanged,
            Consumer<ServedVersion> load,
            Consumer<Batcher> drain) {
        changed = whenChanged;
        boolean isFrameworkNew =
                spec != null
                        && !FrameworkName.canonical(spec.framework())
                                .equals(FrameworkName.canonical(newSpec.framework()));
        spec = newSpec;
        var retired = new ArrayList<Batcher>();
        for (ServedVersion old : List.copyOf(versions.values())) {
            boolean stays =
                    newSpec.version(old.version())
                            .filter(v -> v.uri().equals(old.uri()) && !isFrameworkNew)
                            .isPresent();
            if (!stays) {
                versions.remove(old.version());
                retire(old, retired);
            }
        }
        for (ModelSpec.Version declared : newSpec.versions()) {
            ServedVersion version = versions.get(declared.version());
            if (version == null) {
                version = new ServedVersion(declared.version(), declared.uri());
                versions.put(declared.version(), version);
                load.accept(version);
            }
        }
        // First nobody finds them any more, then they close: a call that finds one gets its answer.
        refresh();
        retired.forEach(drain);
    }

    /** Ends all versions. */
    synchronized void retireAll(Consumer<Batcher> drain) {
        var retired = new ArrayList<Batcher>();
        versions.values().forEach(version -> retire(version, retired));
        versions.clear();
        refresh();
        retired.forEach(drain);
    }

    private static void retire(ServedVersion version, List<Batcher> retired) {
        Batcher batcher = version.retire();
        if (batcher != null) {
            retired.add(batcher);
        }
    }

    /** Changes a version under the lock; does nothing and says so when it has been retired. */
    boolean update(ServedVersion version, Consumer<ServedVersion> change) {
        Runnable listener;
        synchronized (this) {
            if (version.isRetired()) {
                return false;
            }
            change.accept(version);
            refresh();
            listener = changed;
        }
        try {
            listener.run();
        } catch (RuntimeException e) {
            LOG.error("a listener of model {} failed", key, e); // it cannot undo what happened
        }
        return true;
    }

    /** Whether a version still has a place here. */
    synchronized boolean isWanted(ServedVersion version) {
        return !version.isRetired();
    }

    synchronized List<ModelVersionStatus> observe() {
        return versions.values().stream().map(ServedVersion::status).toList();
    }

    /** The version that answers those who name none. */
    OptionalInt serving() {
        ServedVersion.Serving serving = picture.serving();
        return serving == null ? OptionalInt.empty() : OptionalInt.of(serving.version());
    }

    private void refresh() {
        var notes = new HashMap<Integer, String>();
        var ready = new TreeMap<Integer, ServedVersion.Serving>();
        var states = new ArrayList<VersionState>();
        for (ServedVersion version : versions.values()) {
            ServedVersion.Serving serving = version.serving();
            notes.put(version.version(), version.message());
            states.add(new VersionState(version.version(), serving != null, version.message()));
            if (serving != null) {
                if (spec != null) {
                    serving.batcher().limit(spec.batching());
                }
                ready.put(version.version(), serving);
            }
        }
        Map<String, Integer> aliases = spec == null ? Map.of() : spec.aliases();
        picture =
                new Picture(
                        Map.copyOf(notes),
                        Map.copyOf(ready),
                        aliases,
                        chooseServing(ready, aliases),
                        List.copyOf(states),
                        spec == null ? "" : FrameworkName.canonical(spec.framework()));
    }

    /**
     * The alias {@code production}, else the highest ready one. While the alias's version is not
     * ready, the one that served before goes on. After a restart nobody knows which that was: then
     * it is the highest ready one, but only once the alias's version has had its first try.
     */
    private ServedVersion.@Nullable Serving chooseServing(
            NavigableMap<Integer, ServedVersion.Serving> ready, Map<String, Integer> aliases) {
        Integer production = aliases.get(PRODUCTION);
        var highest = ready.lastEntry();
        ServedVersion.Serving wanted =
                production != null
                        ? ready.get(production)
                        : highest == null ? null : highest.getValue();
        if (wanted != null) {
            lastWanted = wanted.version();
            return wanted;
        }
        ServedVersion.Serving before = ready.get(lastWanted);
        if (before != null || highest == null) {
            return before;
        }
        ServedVersion missing = production == null ? null : versions.get(production);
        return missing == null || missing.hasFailed() ? highest.getValue() : null;
    }

    /**
     * The version that answers.
     *
     * @throws MillraceException {@code NOT_FOUND} or {@code UNAVAILABLE}
     */
    ServedVersion.Serving resolve(VersionRef ref) {
        Picture now = picture;
        return switch (ref) {
            case VersionRef.Serving() -> {
                ServedVersion.Serving serving = now.serving();
                if (serving == null) {
                    throw notReady(now, now.aliases().get(PRODUCTION));
                }
                yield serving;
            }
            case VersionRef.Numbered(int version) -> numbered(now, version);
            case VersionRef.Alias(String alias) -> {
                Integer version = now.aliases().get(alias);
                if (version == null) {
                    throw MillraceException.notFound(
                            "Model with name %s has no version called '%s'."
                                    .formatted(key.name(), alias));
                }
                yield numbered(now, version);
            }
        };
    }

    private ServedVersion.Serving numbered(Picture now, int version) {
        ServedVersion.Serving serving = now.ready().get(version);
        if (serving != null) {
            return serving;
        }
        if (!now.notes().containsKey(version)) {
            throw MillraceException.notFound(
                    "Model with name %s has no version %d.".formatted(key.name(), version));
        }
        throw notReady(now, version);
    }

    private MillraceException notReady(Picture now, @Nullable Integer version) {
        var text = new StringBuilder("Model with name " + key.name() + " is not ready.");
        for (VersionState state : now.states()) {
            if (!state.isReady() && (version == null || version == state.version())) {
                text.append(" Version ")
                        .append(state.version())
                        .append(": ")
                        .append(state.message());
                break;
            }
        }
        return new MillraceException(ErrorCode.UNAVAILABLE, text.toString());
    }

    Description describe(VersionRef ref) {
        ServedVersion.Serving serving = resolve(ref);
        Picture now = picture;
        return new Description(
                key.name(),
                now.states(),
                now.framework(),
                Optional.of(serving.version()),
                serving.signatures());
    }

    /** For lists: never fails. */
    Description describe() {
        Picture now = picture;
        ServedVersion.Serving serving = now.serving();
        return new Description(
                key.name(),
                now.states(),
                now.framework(),
                serving == null ? Optional.empty() : Optional.of(serving.version()),
                serving == null ? List.of() : serving.signatures());
    }
}
