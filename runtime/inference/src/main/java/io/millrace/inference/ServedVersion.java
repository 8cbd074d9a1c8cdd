package io.millrace.inference;

import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.tensor.Signature;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One version of a model, from its declaration to its end.
 *
 * <pre>
 *   PENDING --> PROBING --> READY --retire--> (draining, then freed)
 *      '-----------'------> REJECTED
 * </pre>
 *
 * <p>All methods are called under the lock of its model, except {@link #serving()}.
 */
final class ServedVersion {

    /** A version that can be called. */
    record Serving(int version, Batcher batcher, List<Signature> signatures) {
        Serving {
            signatures = List.copyOf(signatures);
        }
    }

    private final int version;
    private final String uri;
    private State state = State.PENDING;
    private String message = "waiting to be loaded";
    private String sha256 = "";
    private long sizeBytes;
    private String signatureText = "";
    private boolean isRetired;
    private int failures;
    private volatile @Nullable Serving serving;

    ServedVersion(int version, String uri) {
        this.version = version;
        this.uri = uri;
    }

    int version() {
        return version;
    }

    String uri() {
        return uri;
    }

    String message() {
        return message;
    }

    boolean isRetired() {
        return isRetired;
    }

    @Nullable Serving serving() {
        return serving;
    }

    void describeContent(String hash, long bytes) {
        sha256 = hash;
        sizeBytes = bytes;
    }

    /** A rejected version stays so while it is tried again: people shall keep the reason. */
    void probing() {
        if (state != State.REJECTED) {
            state = State.PROBING;
            message = "being tried in a process of its own";
        }
    }

    void loading() {
        state = State.PENDING;
        message = "being loaded";
    }

    void ready(Serving ready, String text) {
        serving = ready;
        state = State.READY;
        message = "";
        signatureText = text;
    }

    void reject(String reason) {
        state = State.REJECTED;
        message = reason;
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
        return failures > 0 || state == State.REJECTED;
    }

    /** Ends it; the batcher to close when it was ready. */
    @Nullable Batcher retire() {
        isRetired = true;
        Serving last = serving;
        serving = null;
        return last == null ? null : last.batcher();
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
                List.of(),
                serving != null);
    }
}
