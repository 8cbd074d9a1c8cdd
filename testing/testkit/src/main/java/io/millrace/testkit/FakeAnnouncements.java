package io.millrace.testkit;

import io.millrace.api.MillraceException;
import io.millrace.spi.DataAnnouncements;
import java.util.concurrent.atomic.AtomicReference;

/** Announcements that a test makes. */
public final class FakeAnnouncements implements DataAnnouncements {

    private final AtomicReference<Listener> listener =
            new AtomicReference<>(_ -> {
                throw MillraceException.internal("nobody listens", null);
            });

    @Override
    public void listen(Listener next) {
        listener.set(next);
    }

    /** Says that samples are there. */
    public void announce(Announcement announcement) {
        listener.get().announced(announcement);
    }
}
