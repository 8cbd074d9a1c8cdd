package io.millrace.objects;

import io.millrace.api.MillraceException;
import io.millrace.spi.ObjectEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a data source has taken already. Stores tell the same news several times, some at once and
 * some hours later. Bounded: the oldest are forgotten first. Any thread.
 */
final class SeenEvents {

    /** At 50 a second more than an hour and a half, at 500 a minute more than six hours. */
    private static final int MOST = 300_000;

    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

    private final Map<Identity, CompletableFuture<Void>> seen = new LinkedHashMap<>();
    private final int most;

    /** A hash of what identifies an event, and of the field that takes it. */
    private record Identity(long high, long low) {}

    SeenEvents() {
        this(MOST);
    }

    SeenEvents(int most) {
        this.most = most;
    }

    /** Somebody's right to keep an event. It must be kept or given back. */
    final class Claim {
        private final Identity identity;
        private final CompletableFuture<Void> kept = new CompletableFuture<>();

        private Claim(Identity identity) {
            this.identity = identity;
        }

        /** The event is in the log. */
        void keep() {
            synchronized (SeenEvents.this) {
                seen.replace(identity, kept, DONE);
            }
            kept.complete(null);
        }

        /** It is not: the next one may try. */
        void giveBack(MillraceException why) {
            synchronized (SeenEvents.this) {
                seen.remove(identity, kept);
            }
            kept.completeExceptionally(why);
        }
    }

    /**
     * Claims an event.
     *
     * @param others gets what is to be waited for when somebody else is keeping it just now
     * @return null when it is known or is being kept
     */
    @SuppressWarnings("ReferenceEquality") // one future stands for all that are kept
    @Nullable Claim claim(
            String field, ObjectEvent event, java.util.Collection<CompletableFuture<Void>> others) {
        var claim = new Claim(identity(field, event));
        synchronized (this) {
            CompletableFuture<Void> before = seen.putIfAbsent(claim.identity, claim.kept);
            if (before != null) {
                if (before != DONE) {
                    others.add(before);
                }
                return null;
            }
            trim();
        }
        return claim;
    }

    /** Notes what was taken by an earlier process. */
    synchronized void add(String field, ObjectEvent event) {
        seen.put(identity(field, event), DONE);
        trim();
    }

    private void trim() {
        var oldest = seen.entrySet().iterator();
        while (seen.size() > most && oldest.hasNext()) {
            oldest.next();
            oldest.remove();
        }
    }

    /** What says nothing that tells two uploads apart is told apart by when they happened. */
    private static Identity identity(String field, ObjectEvent event) {
        boolean isVague =
                event.eventId().isEmpty()
                        && event.versionId().isEmpty()
                        && event.sequencer().isEmpty();
        String text =
                field + "\n" + event.identity() + (isVague ? "\n" + event.time().toString() : "");
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest(text.getBytes(StandardCharsets.UTF_8));
            ByteBuffer bytes = ByteBuffer.wrap(hash);
            return new Identity(bytes.getLong(), bytes.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw MillraceException.internal("this JDK has no SHA-256", e);
        }
    }
}
