package io.millrace.app;

import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.embedded.mqtt.ClientIdentities;
import io.millrace.embedded.mqtt.ClientIdentity;
import io.millrace.security.CertificateAuthority;
import io.millrace.security.CertificateSubject;
import io.millrace.store.Change;
import io.millrace.store.ResourceStore;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Takes a client certificate for what it says as long as its data source is declared: certificates
 * live for decades, and a key that leaked must not outlive the source it was made for.
 */
final class SourceIdentities implements ClientIdentities, AutoCloseable {

    private final CertificateAuthority authority;
    private final ResourceStore store;
    private final AtomicBoolean isDue = new AtomicBoolean();
    private ResourceStore.@Nullable Watch watch;
    private boolean isClosed;

    SourceIdentities(CertificateAuthority authority, ResourceStore store) {
        this.authority = authority;
        this.store = store;
    }

    @Override
    public Optional<ClientIdentity> identify(X509Certificate certificate) {
        return authority
                .identify(certificate)
                .filter(this::isDeclared)
                .map(subject -> new ClientIdentity(subject.project(), subject.source().value()));
    }

    private boolean isDeclared(CertificateSubject subject) {
        var key = ResourceKey.of(Kind.DATA_SOURCE, subject.project(), subject.source().value());
        return store.image().find(key).isPresent();
    }

    /**
     * Watches for data sources that go.
     *
     * @param recheck asks {@link #identify} again for all that is connected; called on a thread of
     *     its own after one or several have gone
     */
    synchronized void start(Runnable recheck) {
        if (!isClosed) {
            watch = store.watch(store.image().revision(), new Deletions(recheck));
        }
    }

    @Override
    public void close() {
        ResourceStore.Watch last;
        synchronized (this) {
            isClosed = true;
            last = watch;
            watch = null;
        }
        if (last != null) {
            // Off the lock: it waits for a call under way, and that may wait for the lock.
            last.close();
        }
    }

    private final class Deletions implements ResourceStore.Watcher {
        private final Runnable recheck;

        Deletions(Runnable recheck) {
            this.recheck = recheck;
        }

        @Override
        public void changed(Change change) {
            if (change instanceof Change.Deleted && change.key().kind() == Kind.DATA_SOURCE) {
                recheckSoon();
            }
        }

        @Override
        public void cutOff() {
            start(recheck);
            recheckSoon();
        }

        /** Not on the store's thread, which all watchers share; many deletions make few of it. */
        private void recheckSoon() {
            if (isDue.compareAndSet(false, true)) {
                Thread.ofVirtual()
                        .name("recheck-identities")
                        .start(() -> {
                            isDue.set(false);
                            recheck.run();
                        });
            }
        }
    }
}
