package io.millrace.inference;

import io.millrace.api.BucketConnection;
import io.millrace.api.ErrorCode;
import io.millrace.api.FrameworkName;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.inference.MemoryBudget.Candidate;
import io.millrace.inference.ModelNotes.InService;
import io.millrace.inference.Picture.Target;
import io.millrace.spi.Meters;
import io.millrace.spi.ModelServing.VersionState;
import io.millrace.spi.TrafficReport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model, its versions and which of them answers. Calls read a picture that never changes; all
 * else happens under this object's lock, on which those wait who wait for a version.
 */
final class ServedModel {

    private static final Logger LOG = LoggerFactory.getLogger(ServedModel.class);

    private static final String UNLOADED =
            "it was unloaded by hand; load it to have it called again";

    /** What takes time and is done elsewhere. */
    interface Work {

        /** Has a version fetched and tried; ends in {@link ServedModel#update}. */
        void prepare(ServedModel model, ServedVersion version);

        /** Has a version brought into memory; ends in {@link ServedModel#update}. */
        void load(ServedModel model, ServedVersion version);
    }

    private final ResourceKey key;
    private final Meters meters;
    private final CallMeters callMeters;
    private final ModelNotes notes;
    private final Work work;
    private final TimeSource time;
    private final long idleNanos;
    private final Division division;
    private final Mirror mirror;
    private final Meters.Count notMirrored;
    private final TreeMap<Integer, ServedVersion> versions = new TreeMap<>();
    private @Nullable ModelSpec spec;
    private @Nullable InService inService;
    private Set<Integer> needed = Set.of();
    private boolean isUnloaded;
    private Runnable changed = () -> {};
    private volatile TrafficBook book;
    private volatile Picture picture;

    ServedModel(
            ResourceKey key,
            Meters meters,
            ModelNotes notes,
            Work work,
            TimeSource time,
            ResidencyConfig config) {
        this.key = key;
        this.meters = meters;
        this.callMeters = new CallMeters(meters, key.project(), key.name(), CallMeters.NO_VERSION);
        this.notes = notes;
        this.work = work;
        this.time = time;
        this.idleNanos = config.idle().toNanos();
        this.division = new Division(key.project().value() + "/" + key.name().value());
        this.mirror = new Mirror(key.name().value(), time);
        this.picture = Picture.empty(key.name());
        this.notMirrored =
                meters.count(
                        "millrace_model_not_mirrored_total",
                        "Calls that a shadow should have had as well and did not: it was busy",
                        "project",
                        key.project().value(),
                        "model",
                        key.name().value());
        this.book = new TrafficBook(picture.rule(), notMirrored);
    }

    ResourceKey key() {
        return key;
    }

    /** For calls that no version could take. */
    CallMeters meters() {
        return callMeters;
    }

    Picture picture() {
        return picture;
    }

    Division division() {
        return division;
    }

    Mirror mirror() {
        return mirror;
    }

    TrafficBook book() {
        return book;
    }

    TrafficReport traffic() {
        return book.report();
    }

    /**
     * Takes a new declaration.
     *
     * @param isHere whether the content of an address has been uploaded
     */
    synchronized void declare(ModelSpec newSpec, Runnable whenChanged, Predicate<String> isHere) {
        changed = whenChanged;
        ModelSpec old = spec;
        boolean isFrameworkNew =
                old != null
                        && !FrameworkName.canonical(old.framework())
                                .equals(FrameworkName.canonical(newSpec.framework()));
        spec = newSpec;
        if (!newSpec.traffic().equals(book.rule())) {
            book = new TrafficBook(newSpec.traffic(), notMirrored);
        }
        var retired = new ArrayList<ServedVersion.Serving>();
        for (ServedVersion version : List.copyOf(versions.values())) {
            boolean stays =
                    newSpec.version(version.version())
                            .filter(v -> v.uri().equals(version.uri()) && !isFrameworkNew)
                            .isPresent();
            if (!stays) {
                versions.remove(version.version());
                retire(version, retired);
            }
        }
        if (old == null) {
            inService =
                    notes.inService(key)
                            .filter(was ->
                                    newSpec.version(was.version())
                                            .filter(v -> v.uri().equals(was.uri()))
                                            .isPresent())
                            .orElse(null);
        }
        newSpec.versions().forEach(declared -> declare(declared, isHere));
        refresh(retired);
    }

    /** Where a version's address is, as it is declared now; any thread. */
    synchronized Optional<BucketConnection> store(int version) {
        ModelSpec now = spec;
        return now == null
                ? Optional.empty()
                : now.version(version).flatMap(ModelSpec.Version::store);
    }

    private void declare(ModelSpec.Version declared, Predicate<String> isHere) {
        ServedVersion version = versions.get(declared.version());
        if (version == null) {
            version = newVersion(declared);
            versions.put(declared.version(), version);
            work.prepare(this, version);
        } else if (version.isContentMissing() && isHere.test(version.uri())) {
            version.contentIsBack();
            work.prepare(this, version);
        }
    }

    private ServedVersion newVersion(ModelSpec.Version declared) {
        String label = Integer.toString(declared.version());
        var version =
                new ServedVersion(
                        declared.version(),
                        declared.uri(),
                        new CallMeters(meters, key.project(), key.name(), label));
        var loadedBytes = version.loadedBytes();
        meters.gauge(
                "millrace_model_loaded_bytes",
                "What a version in memory takes, by estimate; 0 when it is not in memory.",
                loadedBytes::doubleValue,
                "project",
                key.project().value(),
                "model",
                key.name().value(),
                "version",
                label);
        return version;
    }

    private void retire(ServedVersion version, List<ServedVersion.Serving> retired) {
        meters.forget(
                "project",
                key.project().value(),
                "model",
                key.name().value(),
                "version",
                Integer.toString(version.version()));
        book.remove(version.version());
        if (inService != null && inService.version() == version.version()) {
            inService = null;
        }
        ServedVersion.Serving last = version.retire();
        if (last != null) {
            retired.add(last);
        }
    }

    /** Ends all versions; gives what is being closed. */
    synchronized List<Batcher> retireAll() {
        var retired = new ArrayList<ServedVersion.Serving>();
        versions.values().forEach(version -> retire(version, retired));
        versions.clear();
        mirror.close();
        refresh(retired);
        return retired.stream().map(ServedVersion.Serving::batcher).toList();
    }

    /** Changes a version under the lock; does nothing and says so when it has been retired. */
    boolean update(ServedVersion version, Consumer<ServedVersion> change) {
        synchronized (this) {
            if (version.isRetired()) {
                return false;
            }
            change.accept(version);
            refresh(new ArrayList<>());
        }
        tell();
        return true;
    }

    /** Puts a loaded version into the picture; says so when nobody wants it any more. */
    boolean publish(ServedVersion version, ServedVersion.Serving serving) {
        synchronized (this) {
            if (version.isRetired() || isUnloaded) {
                version.loadingEnded();
                refresh(new ArrayList<>());
                return false;
            }
            version.loaded(serving, time.nanoTime());
            refresh(new ArrayList<>());
        }
        tell();
        return true;
    }

    /** Says outside of all locks that there is something new. */
    void tell() {
        Runnable listener;
        synchronized (this) {
            listener = changed;
        }
        try {
            listener.run();
        } catch (RuntimeException e) {
            LOG.error("a listener of model {} failed", key, e); // it cannot undo what happened
        }
    }

    /** Whether a version still has a place here. */
    synchronized boolean isWanted(ServedVersion version) {
        return !version.isRetired();
    }

    /** What was declared last. */
    synchronized ModelSpec spec() {
        ModelSpec declared = spec;
        if (declared == null) {
            throw MillraceException.internal("a model was used before it was declared", null);
        }
        return declared;
    }

    synchronized List<ModelVersionStatus> observe() {
        return versions.values().stream().map(ServedVersion::status).toList();
    }

    /** The version that answers those who name none. */
    OptionalInt serving() {
        Target base = picture.base();
        return base == null ? OptionalInt.empty() : OptionalInt.of(base.version().version());
    }

    /**
     * Waits until a version is in memory, and has it loaded if nobody does. Returns also when it is
     * gone meanwhile: then the next look at the picture tells.
     *
     * @param deadline by the time source's nanoseconds
     * @throws MillraceException {@code UNAVAILABLE} when it cannot be loaded, {@code TIMEOUT}
     */
    synchronized void bringBack(ServedVersion version, long deadline) {
        wake(version);
        while (version.isLoading() && !version.isRetired() && !isUnloaded) {
            await(deadline, version);
        }
        boolean hasFailed = version.serving() == null && !version.message().isEmpty();
        if (hasFailed && !version.isRetired() && !isUnloaded) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "Model with name %s is not ready. Version %d: %s"
                            .formatted(key.name(), version.version(), version.message()));
        }
    }

    /** Has a version loaded that is not in memory; does not wait. */
    synchronized void wake(ServedVersion version) {
        if (version.canLoad() && !version.isRetired() && !isUnloaded) {
            version.loading();
            work.load(this, version);
        }
    }

    private void await(long deadline, ServedVersion version) {
        long left = deadline - time.nanoTime();
        if (left <= 0) {
            throw new MillraceException(
                    ErrorCode.TIMEOUT,
                    "version %d of model %s was still being loaded at the deadline of the call"
                            .formatted(version.version(), key.name()));
        }
        try {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "the call was interrupted while it waited", e);
        }
    }

    /** A caller waits for a version, and wants to find it in memory: it must not be evicted. */
    synchronized void hold(ServedVersion version) {
        version.hold();
    }

    synchronized void release(ServedVersion version) {
        version.release();
    }

    /** Versions that could make room. */
    synchronized List<Candidate> idle() {
        var idle = new ArrayList<Candidate>();
        for (ServedVersion version : versions.values()) {
            ServedVersion.Serving serving = version.serving();
            if (serving != null && !version.isHeld() && serving.batcher().isIdle()) {
                idle.add(
                        new Candidate(
                                this,
                                version,
                                needed.contains(version.version()),
                                version.lastUsed()));
            }
        }
        return idle;
    }

    /** Puts an idle version out of memory; says whether it happened. {@link #tell} is to follow. */
    synchronized boolean tryEvict(ServedVersion version) {
        ServedVersion.Serving serving = version.serving();
        if (serving == null || version.isHeld() || !serving.batcher().isIdle()) {
            return false;
        }
        var retired = new ArrayList<ServedVersion.Serving>();
        retired.add(serving);
        version.unload(needed.contains(version.version()));
        refresh(retired);
        return true;
    }

    /** Takes all versions out of memory and keeps them out; gives what is being closed. */
    List<Batcher> unloadAll() {
        var retired = new ArrayList<ServedVersion.Serving>();
        synchronized (this) {
            isUnloaded = true;
            for (ServedVersion version : versions.values()) {
                ServedVersion.Serving last = version.unload(false);
                if (last != null) {
                    retired.add(last);
                }
            }
            refresh(retired);
        }
        tell();
        return retired.stream().map(ServedVersion.Serving::batcher).toList();
    }

    /**
     * Brings all versions into memory and waits for that.
     *
     * @throws MillraceException {@code UNAVAILABLE} naming each that cannot be loaded
     */
    void loadAll(long deadline) {
        List<ServedVersion> all;
        synchronized (this) {
            isUnloaded = false;
            all = List.copyOf(versions.values());
            all.forEach(ServedVersion::hold);
            all.forEach(ServedVersion::endBackOff);
            refresh(new ArrayList<>());
        }
        tell();
        var problems = new ArrayList<String>();
        try {
            for (ServedVersion version : all) {
                try {
                    awaitTried(version, deadline);
                    bringBack(version, deadline);
                } catch (MillraceException e) {
                    problems.add(e.text());
                }
            }
        } finally {
            synchronized (this) {
                all.forEach(ServedVersion::release);
            }
        }
        if (!problems.isEmpty()) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, String.join(" ", problems));
        }
    }

    private synchronized void awaitTried(ServedVersion version, long deadline) {
        while (!version.isAccepted() && !version.hasFailed() && !version.isRetired()) {
            await(deadline, version);
        }
    }

    /** Decides anew, shows callers the result, and only then closes what nobody finds any more. */
    private void refresh(List<ServedVersion.Serving> retired) {
        ModelSpec declared = spec;
        if (declared == null) {
            return;
        }
        ServingChoice.Result choice = decide(declared);
        if (choice.takesOver()) {
            takeOver(choice.base());
        }
        dismiss(choice, retired);
        needed = choice.needed();
        startLoading(choice);
        picture = picture(declared, choice);
        // A call that has found one of these in an earlier picture still gets its answer.
        retired.forEach(serving -> serving.batcher().close());
        notifyAll();
    }

    private ServingChoice.Result decide(ModelSpec declared) {
        ServingChoice.Result choice = ServingChoice.decide(declared, versions, inService);
        boolean isAnotherReady = false;
        for (ServedVersion version : versions.values()) {
            boolean isIdle = isUnloaded || !choice.needed().contains(version.version());
            if (isIdle
                    && version.isAccepted()
                    && version.state() == State.PENDING
                    && !version.isLoading()) {
                version.ready();
                isAnotherReady = true;
            }
        }
        return isAnotherReady ? ServingChoice.decide(declared, versions, inService) : choice;
    }

    private void takeOver(int base) {
        ServedVersion version = versions.get(base);
        if (version != null) {
            var now = new InService(base, version.uri(), version.signatures());
            inService = now;
            notes.keepInService(key, now);
            LOG.info("model {} version {} is in service", key, base);
        }
    }

    /** What has lost its place goes, unless somebody calls it by name. */
    private void dismiss(ServingChoice.Result choice, List<ServedVersion.Serving> retired) {
        long now = time.nanoTime();
        for (ServedVersion version : versions.values()) {
            int number = version.version();
            if (choice.needed().contains(number)) {
                continue;
            }
            version.dismiss();
            boolean isCalled = version.isHeld() || version.wasNamedWithin(idleNanos, now);
            if (needed.contains(number) && !isCalled) {
                ServedVersion.Serving last = version.unload(false);
                if (last != null) {
                    retired.add(last);
                }
            }
        }
    }

    private void startLoading(ServingChoice.Result choice) {
        for (int number : choice.needed()) {
            ServedVersion version = versions.get(number);
            if (version == null || !version.canLoad() || isUnloaded) {
                continue;
            }
            boolean hasPlace =
                    number == choice.base()
                            || number == choice.canary()
                            || number == choice.shadow();
            if (!version.isResting() || !hasPlace) {
                version.loading();
                work.load(this, version);
            }
        }
    }

    private Picture picture(ModelSpec declared, ServingChoice.Result choice) {
        var targets = new HashMap<Integer, Target>();
        var states = new ArrayList<VersionState>();
        for (ServedVersion version : versions.values()) {
            boolean isCallable = version.isReady() && !isUnloaded;
            states.add(
                    new VersionState(
                            version.version(),
                            isCallable,
                            version.isReady() && isUnloaded ? UNLOADED : version.message()));
            if (isCallable) {
                targets.put(version.version(), target(declared, version));
            }
        }
        Target base = targets.get(choice.base());
        Target canary = base == null ? null : targets.get(choice.canary());
        return new Picture(
                key.name(),
                Map.copyOf(targets),
                declared.aliases(),
                declared.traffic(),
                base,
                canary,
                base == null || canary == null || isAlike(base, canary),
                base == null ? null : targets.get(choice.shadow()),
                List.copyOf(states),
                FrameworkName.canonical(declared.framework()),
                isUnloaded ? UNLOADED : choice.remark());
    }

    private Target target(ModelSpec declared, ServedVersion version) {
        ServedVersion.Serving serving = version.serving();
        if (serving != null) {
            serving.batcher().limit(declared.batching());
        }
        return new Target(version, serving, version.signatures(), book.of(version.version()));
    }

    private static boolean isAlike(Target base, Target canary) {
        return SignatureGuard.difference(
                        canary.signatures(), base.version().version(), base.signatures())
                .isEmpty();
    }
}
