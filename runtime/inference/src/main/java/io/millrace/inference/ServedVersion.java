package io.millrace.inference;

import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ModelVersionStatus.Check;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.tensor.Signature;
import io.millrace.spi.ModelEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One version of a model, from its declaration to its end.
 *
 * <pre>
 *   PENDING --> PROBING --accepted--> READY --retire--> (draining, then freed)
 *      '-----------'------> REJECTED    |  ^
 *                                       v  |
 *                         in memory <--load/unload--> not in memory
 * </pre>
 *
 * <p>A version that answers callers who name none is ready once it is in memory; any other is ready
 * once it is accepted, and in memory when somebody calls it. All methods are called under the lock
 * of its model, but those that say otherwise.
 */
final class ServedVersion {

    /** A version in memory. */
    record Serving(int version, Batcher batcher, List<Signature> signatures) {
        Serving {
            signatures = List.copyOf(signatures);
        }
    }

    /**
     * A version that was tried and may be loaded.
     *
     * @param content the model on disk
     * @param bytes about how much memory it takes
     */
    record Prepared(
            ModelEngine engine,
            ModelLibrary.Content content,
            ProbeVerdict.Accepted verdict,
            long bytes) {}

    private final int version;
    private final String uri;
    private final CallMeters meters;
    private final AtomicLong loadedBytes = new AtomicLong();
    private State state = State.PENDING;
    private String message = "waiting to be loaded";
    private String sha256 = "";
    private long sizeBytes;
    private String signatureText = "";
    private List<Signature> signatures = List.of();
    private List<Check> checks = List.of();
    private boolean isRetired;
    private boolean isContentMissing;
    private boolean isLoading;
    private boolean isResting;
    private boolean isBackingOff;
    private String loadFailure = "";
    private int failures;
    private int holds;
    private @Nullable Prepared prepared;
    private @Nullable Serving serving;

    /** By the time source's nanoseconds; racy on purpose, a second more or less does not matter. */
    private volatile long lastUsed;

    private volatile long lastNamed;
    private volatile boolean wasNamed;

    ServedVersion(int version, String uri, CallMeters meters) {
        this.version = version;
        this.uri = uri;
        this.meters = meters;
    }

    /** Its number; any thread. */
    int version() {
        return version;
    }

    /** Its address; any thread. */
    String uri() {
        return uri;
    }

    /** Its meters; any thread. */
    CallMeters meters() {
        return meters;
    }

    /** How much of the memory for models it holds; any thread. */
    AtomicLong loadedBytes() {
        return loadedBytes;
    }

    String message() {
        return message;
    }

    State state() {
        return state;
    }

    boolean isRetired() {
        return isRetired;
    }

    @Nullable Serving serving() {
        return serving;
    }

    @Nullable Prepared prepared() {
        return prepared;
    }

    /** Inputs and outputs, also while it is not in memory; empty while not known. */
    List<Signature> signatures() {
        return signatures;
    }

    boolean isReady() {
        return state == State.READY;
    }

    /** Whether it was tried and may be loaded. */
    boolean isAccepted() {
        return prepared != null && state != State.REJECTED;
    }

    boolean isLoading() {
        return isLoading;
    }

    /** Whether it was put out of memory for want of calls and waits for the next one. */
    boolean isResting() {
        return isResting;
    }

    /** Whether loading failed so short a time ago that another try would be no use. */
    boolean isBackingOff() {
        return isBackingOff;
    }

    /** Why it is not in memory although somebody wanted it there; empty when nothing failed. */
    String loadFailure() {
        return loadFailure;
    }

    /** Whether it may be loaded now. */
    boolean canLoad() {
        return isAccepted() && serving == null && !isLoading && !isBackingOff;
    }

    void describeContent(String hash, long bytes) {
        sha256 = hash;
        sizeBytes = bytes;
    }

    /** Says what is being done; a rejected version keeps its reason while it is tried again. */
    void preparing(String what) {
        if (state != State.REJECTED) {
            message = what;
        }
    }

    void probing() {
        if (state != State.REJECTED) {
            state = State.PROBING;
            message = "being tried in a process of its own";
        }
    }

    /** The trial went well. */
    void accept(Prepared result) {
        prepared = result;
        state = State.PENDING;
        message = "";
        failures = 0;
        var known = new ArrayList<Signature>();
        var text = new StringBuilder();
        for (ProbeVerdict.TriedSignature tried : result.verdict().signatures()) {
            SignatureText.parse(tried.name(), tried.text()).ifPresent(known::add);
            text.append(text.isEmpty() ? "" : "; ").append(tried.name()).append(' ');
            text.append(tried.text());
        }
        boolean isWhole = known.size() == result.verdict().signatures().size();
        signatures = isWhole ? List.copyOf(known) : List.of();
        signatureText = text.toString();
        checks = result.verdict().checks();
    }

    /** It may be called; it comes into memory when somebody does. */
    void ready() {
        state = State.READY;
        message = loadFailure;
    }

    void loading() {
        isLoading = true;
        isResting = false;
        if (state == State.PENDING) {
            message = "being loaded";
        }
    }

    /** It is in memory. */
    void loaded(Serving loaded, long now) {
        serving = loaded;
        signatures = loaded.signatures();
        isLoading = false;
        loadFailure = "";
        failures = 0;
        state = State.READY;
        message = "";
        lastUsed = now;
    }

    /** Loading ended without it in memory, for no fault of the version. */
    void loadingEnded() {
        isLoading = false;
    }

    /** It could not be loaded now. */
    void loadFailed(String reason) {
        isLoading = false;
        isBackingOff = true;
        loadFailure = reason;
        message = reason;
    }

    /** Another try may be made. */
    void endBackOff() {
        isBackingOff = false;
    }

    /**
     * Takes it out of memory.
     *
     * @param rests whether it is in service, and comes back only with its next call
     * @return what to close when nobody finds it any more; null when it was not in memory
     */
    @Nullable Serving unload(boolean rests) {
        Serving last = serving;
        serving = null;
        isResting = rests && last != null;
        return last;
    }

    /** It has no duty any more for which it would rest. */
    void dismiss() {
        isResting = false;
    }

    void reject(String reason) {
        state = State.REJECTED;
        message = reason;
        isLoading = false;
    }

    /** Its archive is not in the store, but may be uploaded again. */
    void missContent(String reason) {
        reject(reason);
        isContentMissing = true;
    }

    boolean isContentMissing() {
        return isContentMissing;
    }

    /** Its archive is there again: all begins anew. */
    void contentIsBack() {
        isContentMissing = false;
        state = State.PENDING;
        message = "waiting to be loaded";
        failures = 0;
    }

    /** It failed for a reason that may pass. */
    void postpone(String reason) {
        if (state != State.REJECTED) {
            state = State.PENDING;
            message = reason;
        }
    }

    /** Counts a failure that another try might mend; how many there were before. */
    int countFailure() {
        return failures++;
    }

    /** Whether a try has ended badly. */
    boolean hasFailed() {
        return failures > 0 || state == State.REJECTED || !loadFailure.isEmpty();
    }

    /** Somebody waits for it: it stays in memory until released. */
    void hold() {
        holds++;
    }

    void release() {
        holds--;
    }

    boolean isHeld() {
        return holds > 0;
    }

    /** A call came; any thread. */
    void use(long now, boolean isByName) {
        // A look is cheap, a write makes all other cores look again.
        if (now - lastUsed > 100_000_000L) {
            lastUsed = now;
        }
        if (isByName && (!wasNamed || now - lastNamed > 100_000_000L)) {
            lastNamed = now;
            wasNamed = true;
        }
    }

    /** When it was last called; any thread. */
    long lastUsed() {
        return lastUsed;
    }

    /** Whether a caller has named it within a time. */
    boolean wasNamedWithin(long nanos, long now) {
        return wasNamed && now - lastNamed < nanos;
    }

    /** Ends it; what to close when it was in memory. */
    @Nullable Serving retire() {
        isRetired = true;
        return unload(false);
    }

    ModelVersionStatus status() {
        return new ModelVersionStatus(
                version,
                state,
                message,
                sha256,
                sizeBytes,
                signatureText,
                uri,
                checks,
                serving != null);
    }
}
