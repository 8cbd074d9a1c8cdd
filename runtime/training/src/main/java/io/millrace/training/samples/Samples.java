package io.millrace.training.samples;

import io.millrace.api.DatasetSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.TopicRange;
import io.millrace.process.Folders;
import io.millrace.spi.LogReader;
import io.millrace.spi.Meters;
import io.millrace.spi.StreamLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Samples of datasets, laid down as arrays on disk. What was laid down once is used by all who ask
 * for the same; it goes when nobody uses it any more. May be used from any thread.
 */
public final class Samples {

    private static final Logger LOG = LoggerFactory.getLogger(Samples.class);
    private static final int MOST_RECORDS = 20_000;
    private static final String UNFINISHED = ".unfinished-";
    private static final String OWNERS = "owners";

    private final Path root;
    private final StreamLog log;
    private final TimeSource time;
    private final IdSource ids;
    private final Meters.Count laid;
    private final Meters.Count leftOut;
    private final Owners owners;
    private final ReentrantLock ownersLock = new ReentrantLock();
    private final ConcurrentHashMap<String, ReentrantLock> locks = new ConcurrentHashMap<>();

    /**
     * Samples in a folder of their own. Does nothing yet.
     *
     * @param root made when it is needed
     */
    public Samples(Path root, StreamLog log, TimeSource time, IdSource ids, Meters meters) {
        this.root = root;
        this.log = log;
        this.time = time;
        this.ids = ids;
        this.owners = new Owners(root.resolve(OWNERS));
        this.laid =
                meters.count(
                        "millrace_training_samples_total",
                        "Records laid down as samples for training.");
        this.leftOut =
                meters.count(
                        "millrace_training_samples_left_out_total",
                        "Records that could not be decoded and were left out of samples for training.");
    }

    /** Removes what an earlier process did not finish. Called once, before anything else. */
    public void start() {
        if (!Files.isDirectory(root)) {
            return;
        }
        try (Stream<Path> folders = Files.list(root)) {
            for (Path folder : folders.toList()) {
                if (folder.getFileName().toString().startsWith(UNFINISHED)) {
                    Folders.delete(folder);
                }
            }
        } catch (IOException e) {
            LOG.warn("{} could not be cleaned up", root, e);
        }
    }

    /**
     * The samples of a dataset, laid down now or before. Takes its time on the thread of the
     * caller. Ranges without end are taken up to where the log ends now.
     *
     * @param owners who use them from now on, in place of those that they used before; the first
     *     one keeps them also when the others move on
     * @param leavesOut whether records that cannot be decoded are counted and left out; else one of
     *     them is an error
     * @throws MillraceException when they cannot be had, with what was expected and where
     * @throws InterruptedException when the thread was interrupted
     */
    public SampleSet lay(
            List<String> owners, DatasetSpec spec, boolean leavesOut, LayingProgress progress)
            throws InterruptedException {
        DatasetSpec closed = isClosed(spec) ? spec : close(spec);
        String key = Keys.of(closed, leavesOut);
        ReentrantLock lock = locks.computeIfAbsent(key, _ -> new ReentrantLock());
        lock.lockInterruptibly();
        try {
            for (String owner : owners) {
                own(owner, new Owners.Owned(key, Keys.of(spec, false)));
            }
            Optional<SampleSet> known = find(key, closed);
            return known.isPresent() ? known.get() : layAnew(key, closed, leavesOut, progress);
        } catch (IOException e) {
            if (Thread.interrupted()) {
                throw interrupted(e);
            }
            throw new MillraceException(
                    ErrorCode.INTERNAL,
                    "the samples cannot be written to %s: %s".formatted(root, e.getMessage()),
                    e);
        } catch (MillraceException e) {
            if (Thread.interrupted()) {
                throw interrupted(e);
            }
            throw e;
        } finally {
            lock.unlock();
        }
    }

    private static InterruptedException interrupted(Throwable cause) {
        var interrupted = new InterruptedException("samples are not wanted any more");
        interrupted.initCause(cause);
        return interrupted;
    }

    private static boolean isClosed(DatasetSpec spec) {
        return spec.isClosed() && spec.unlabelled().stream().allMatch(TopicRange::isClosed);
    }

    private DatasetSpec close(DatasetSpec spec) {
        try (LogReader reader = log.reader(MOST_RECORDS)) {
            var ranges = new LogRanges(reader, time);
            return new DatasetSpec(
                    LogRanges.ranges(ranges.parts(spec.ranges())),
                    LogRanges.ranges(ranges.parts(spec.unlabelled())),
                    spec.decode(),
                    spec.label(),
                    spec.split(),
                    spec.description());
        }
    }

    /** What is there already, unless the log has other records in its place by now. */
    private Optional<SampleSet> find(String key, DatasetSpec spec) throws IOException {
        Path folder = root.resolve(key);
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        if (isOfAnotherTopic(folder, spec)) {
            LOG.info(
                    "the topic of the samples in {} was made anew: they are laid down again",
                    folder);
            Folders.delete(folder);
            return Optional.empty();
        }
        return Optional.of(SampleFacts.read(folder, key));
    }

    /** Samples outlive their records: that the log has none any more is no reason against them. */
    private boolean isOfAnotherTopic(Path folder, DatasetSpec spec) throws IOException {
        String known = SampleFacts.fingerprint(folder);
        try (LogReader reader = log.reader(1)) {
            var ranges = new LogRanges(reader, time);
            return !Fingerprint.of(ranges, ranges.parts(spec.ranges())).equals(known);
        } catch (DatasetFault e) {
            LOG.debug("the records of {} are gone: {}", folder, e.text());
            return false;
        }
    }

    private SampleSet layAnew(
            String key, DatasetSpec spec, boolean leavesOut, LayingProgress progress)
            throws IOException {
        Path unfinished = root.resolve(UNFINISHED + ids.next());
        Files.createDirectories(unfinished);
        try {
            long start = time.nanoTime();
            SampleSet set = layInto(unfinished, key, spec, leavesOut, progress, start);
            Files.move(unfinished, set.folder(), StandardCopyOption.ATOMIC_MOVE);
            laid.add(set.records() + set.unlabelled());
            leftOut.add(set.leftOut());
            return set;
        } finally {
            Folders.delete(unfinished);
        }
    }

    private SampleSet layInto(
            Path folder,
            String key,
            DatasetSpec spec,
            boolean leavesOut,
            LayingProgress progress,
            long start)
            throws IOException {
        try (LogReader reader = log.reader(MOST_RECORDS)) {
            var ranges = new LogRanges(reader, time);
            List<Part> labelled = ranges.parts(spec.ranges());
            List<Part> unlabelled = ranges.parts(spec.unlabelled());
            String fingerprint = Fingerprint.of(ranges, labelled);
            long expected = total(labelled) + total(unlabelled);
            try (var laying = new Laying(spec, folder, leavesOut, noting(progress), expected)) {
                laying.read(ranges, labelled, unlabelled);
                SampleSet set = divide(folder, key, spec, laying, start);
                SampleFacts.write(folder, set, fingerprint);
                return set;
            }
        }
    }

    private static long total(List<Part> parts) {
        return parts.stream().mapToLong(Part::length).sum();
    }

    private static LayingProgress noting(LayingProgress progress) {
        return (records, expected) -> {
            if (Thread.currentThread().isInterrupted()) {
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE, "interrupted while samples were laid down");
            }
            progress.laid(records, expected);
        };
    }

    private SampleSet divide(Path folder, String key, DatasetSpec spec, Laying laying, long start)
            throws IOException {
        SampleDecoder decoder = laying.decoder();
        Split split =
                Split.write(
                        folder,
                        spec.split(),
                        laying.divided(),
                        decoder.label(),
                        folder.resolve(SampleSet.Y));
        if (split.train() == 0) {
            throw new DatasetFault(
                    ErrorCode.INVALID,
                    "TooFew",
                    "%d samples leave none to train on with validation %s and test %s; send more, or lower these"
                            .formatted(
                                    laying.labelled(),
                                    spec.split().validation(),
                                    spec.split().test()),
                    null);
        }
        return new SampleSet(
                root.resolve(key),
                key,
                decoder.completed(spec),
                laying.labelled(),
                split.train(),
                split.validation(),
                split.test(),
                laying.unlabelled(),
                laying.leftOut(),
                decoder.input(),
                decoder.label(),
                decoder.classes(),
                split.order(),
                Duration.ofNanos(time.nanoTime() - start).toMillis());
    }

    /**
     * The samples that an owner was given for the same declaration before, and still has. Whoever
     * goes on after a fault asks this first: ranges without end would have grown meanwhile.
     */
    public Optional<SampleSet> kept(String owner, DatasetSpec spec) {
        ownersLock.lock();
        try {
            Optional<Owners.Owned> owned = owners.find(owner);
            if (owned.isEmpty() || !owned.get().asked().equals(Keys.of(spec, false))) {
                return Optional.empty();
            }
            String key = owned.get().key();
            Path folder = root.resolve(key);
            return Files.isDirectory(folder)
                    ? Optional.of(SampleFacts.read(folder, key))
                    : Optional.empty();
        } catch (IOException e) {
            throw MillraceException.internal("the samples of " + owner + " cannot be read", e);
        } finally {
            ownersLock.unlock();
        }
    }

    private void own(String owner, Owners.Owned owned) throws IOException {
        ownersLock.lock();
        try {
            Optional<Owners.Owned> before = owners.find(owner);
            owners.put(owner, owned);
            if (before.isPresent() && !before.get().key().equals(owned.key())) {
                removeUnused(before.get().key());
            }
        } finally {
            ownersLock.unlock();
        }
    }

    /** Says that an owner needs its samples no more; they are removed when nobody else does. */
    public void release(String owner) {
        ownersLock.lock();
        try {
            Optional<Owners.Owned> owned = owners.find(owner);
            owners.remove(owner);
            if (owned.isPresent()) {
                removeUnused(owned.get().key());
            }
        } catch (IOException e) {
            LOG.warn("the samples of {} could not be removed", owner, e);
        } finally {
            ownersLock.unlock();
        }
    }

    private void removeUnused(String key) throws IOException {
        // A damaged note names no set, and must not name the folder of all of them.
        if (Keys.isKey(key) && !owners.hasAny(key)) {
            Folders.delete(root.resolve(key));
        }
    }
}
