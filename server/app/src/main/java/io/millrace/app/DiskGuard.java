package io.millrace.app;

import io.millrace.api.DataSize;
import io.millrace.api.TimeSource;
import io.millrace.spi.Meters;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the room on the disk of the data directory. A broker whose disk is full ends, and takes
 * the reading of what it has with it; so nothing new is taken while some room is left, and senders
 * learn why. It goes on by itself when there is room again.
 */
final class DiskGuard implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DiskGuard.class);
    private static final String PART = "disk";
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);

    /** Room that comes and goes at the edge must not make the answer flicker. */
    private static final double ENOUGH_AGAIN = 1.1;

    private final Path folder;
    private final DataSize reserve;
    private final Room room;
    private final TimeSource time;
    private final Readiness readiness;
    private final Thread thread;
    private volatile @Nullable String problem;
    private volatile boolean isClosed;

    /** How many bytes may still be written. */
    @FunctionalInterface
    interface Room {
        long bytes() throws IOException;
    }

    private DiskGuard(
            Path folder,
            DataSize reserve,
            Room room,
            Meters meters,
            TimeSource time,
            Readiness readiness) {
        this.folder = folder;
        this.reserve = reserve;
        this.room = room;
        this.time = time;
        this.readiness = readiness;
        this.thread = Thread.ofVirtual().name("disk guard").unstarted(this::watch);
        meters.gauge(
                "millrace_disk_free_bytes",
                "Room on the disk of the data directory",
                this::measured);
        meters.gauge(
                "millrace_disk_is_short",
                "1 while no records are taken because the disk is nearly full",
                () -> problem == null ? 0 : 1);
    }

    /** Looks at once, and from then on four times a second. */
    static DiskGuard start(
            Path folder, DataSize reserve, Meters meters, TimeSource time, Readiness readiness)
            throws IOException {
        FileStore store = Files.getFileStore(folder);
        return start(folder, reserve, store::getUsableSpace, meters, time, readiness);
    }

    static DiskGuard start(
            Path folder,
            DataSize reserve,
            Room room,
            Meters meters,
            TimeSource time,
            Readiness readiness) {
        var guard = new DiskGuard(folder, reserve, room, meters, time, readiness);
        guard.look();
        guard.thread.start();
        return guard;
    }

    /** Why nothing is taken now; empty when there is room. */
    Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    private double measured() {
        try {
            return room.bytes();
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    private void watch() {
        while (!isClosed) {
            time.pause(BETWEEN_LOOKS);
            look();
        }
    }

    private void look() {
        try {
            long free = room.bytes();
            boolean isShort = problem != null;
            if (!isShort && free < reserve.bytes()) {
                say(
                        String.format(
                                Locale.ROOT,
                                "the disk of %s has %,d MB left, and %s are kept free"
                                        + " (disk.reserve); no records are taken until there is"
                                        + " more room",
                                folder,
                                free >> 20,
                                reserve));
            } else if (isShort && free > reserve.bytes() * ENOUGH_AGAIN) {
                say(null);
            }
        } catch (IOException e) {
            say("the disk of " + folder + " cannot be looked at: " + e.getMessage());
        }
    }

    private void say(@Nullable String next) {
        boolean isNews = (problem == null) != (next == null);
        problem = next;
        if (next == null) {
            readiness.up(PART);
        } else {
            readiness.down(PART, next);
        }
        if (isNews) {
            LOG.warn(next == null ? "There is room on the disk again" : next);
        }
    }

    @Override
    public void close() {
        isClosed = true;
    }
}
