package io.millrace.training.samples;

import io.millrace.api.DatasetSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ReservedTopics;
import io.millrace.api.TimeSource;
import io.millrace.api.TopicRange;
import io.millrace.codec.training.ControlMessage;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.DataAnnouncements;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogPosition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.Meters;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the control topics of all projects. Those of the project {@code default} have the names
 * that senders know; those of others begin with the project's name and a dot. What is no
 * announcement is logged once and counted, and nothing waits for it.
 */
public final class ControlTopics implements DataAnnouncements, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ControlTopics.class);
    private static final List<String> NAMES = List.of("control", "KAFKA_ML_CONTROL_TOPIC");
    private static final String MEMBER = "control";
    private static final int AT_ONCE = 100;
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final int ATTEMPTS = 3;
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    /** The clock of a sender's first sample may be that much behind that of its message. */
    private static final Duration BEFORE_MESSAGE = Duration.ofSeconds(1);

    private final StreamLog log;
    private final Supplier<? extends Collection<ProjectId>> projects;
    private final String group;
    private final Meters meters;
    private final TimeSource time;
    private final Thread thread;
    private volatile @Nullable Listener listener;
    private volatile @Nullable LogConsumer consumer;
    private volatile boolean isClosed;
    private Map<String, ProjectId> topics = Map.of();

    /**
     * Reads as one member of a group. Begins with {@link #listen}.
     *
     * @param projects those that there are now; asked about once a second
     * @param group of the installation: what it took is not given again
     */
    public ControlTopics(
            StreamLog log,
            Supplier<? extends Collection<ProjectId>> projects,
            String group,
            Meters meters,
            TimeSource time) {
        this.log = log;
        this.projects = projects;
        this.group = group;
        this.meters = meters;
        this.time = time;
        this.thread = Thread.ofVirtual().name("control topics").unstarted(this::run);
    }

    /** The topics on which a project hears announcements. */
    public static List<String> topics(ProjectId project) {
        return project.equals(ProjectId.DEFAULT)
                ? NAMES
                : NAMES.stream().map(name -> project.value() + "." + name).toList();
    }

    /** Begins to read; called once. */
    @Override
    public void listen(Listener taker) {
        listener = taker;
        thread.start();
    }

    private void run() {
        while (!isClosed) {
            try {
                read();
            } catch (MillraceException e) {
                tryLater("the control topics cannot be read, trying again: " + e.text(), null);
            } catch (RuntimeException e) {
                // The supervisor of this thread: without it announcements would end silently.
                tryLater("reading the control topics failed, trying again", e);
            }
        }
    }

    private void tryLater(String message, @Nullable RuntimeException cause) {
        if (!isClosed) {
            LOG.warn(message, cause);
            time.pause(RETRY);
        }
    }

    private void read() {
        try (LogConsumer opened = log.consumer(new ConsumerSpec(group, MEMBER, 0, AT_ONCE))) {
            consumer = opened;
            topics = Map.of();
            while (!isClosed) {
                subscribe(opened);
                take(opened, topics.isEmpty() ? List.of() : opened.poll(POLL));
            }
        } finally {
            consumer = null;
        }
    }

    private void subscribe(LogConsumer opened) {
        var wanted = new TreeMap<String, ProjectId>();
        for (ProjectId project : projects.get()) {
            topics(project).forEach(topic -> wanted.put(topic, project));
        }
        if (wanted.equals(topics)) {
            if (wanted.isEmpty()) {
                time.pause(POLL);
            }
            return;
        }
        log.ensureTopics(wanted.keySet());
        opened.subscribe(Set.copyOf(wanted.keySet()));
        topics = Map.copyOf(wanted);
    }

    private void take(LogConsumer opened, List<LogRecord> records) {
        for (LogRecord record : records) {
            ProjectId project = topics.get(record.partition().topic());
            if (project != null && !take(project, record)) {
                return;
            }
            opened.commit(Map.of(record.partition(), record.offset() + 1));
        }
    }

    /** False when it was closed before the record was taken. */
    private boolean take(ProjectId project, LogRecord record) {
        LogPosition position = LogPosition.of(record);
        ControlMessage message;
        try {
            message = ControlMessage.parse(record.key(), record.value());
            checkTopics(project, message.dataset());
        } catch (MillraceException e) {
            count(project, "refused");
            LOG.warn("the message {} announces nothing and is passed over: {}", position, e.text());
            return true;
        }
        for (int attempt = 1; !isClosed; attempt++) {
            try {
                announce(project, record, message);
                count(project, "taken");
                return true;
            } catch (MillraceException e) {
                // Another writer may have been faster, which the next attempt sees.
                boolean isWorthIt =
                        e.code().isTransient()
                                || (e.code() == ErrorCode.CONFLICT && attempt < ATTEMPTS);
                if (!isWorthIt) {
                    return passOver(project, position, e);
                }
                tryLater("the message %s waits: %s".formatted(position, e.text()), null);
            } catch (RuntimeException e) {
                if (attempt >= ATTEMPTS) {
                    return passOver(project, position, e);
                }
                tryLater("the message %s could not be taken, trying again".formatted(position), e);
            }
        }
        return false;
    }

    /** Whoever may write to a control topic must not read what belongs to others by it. */
    private static void checkTopics(ProjectId project, DatasetSpec dataset) {
        Stream.concat(dataset.ranges().stream(), dataset.unlabelled().stream())
                .map(range -> ReservedTopics.readingProblem(project, range.topic()))
                .flatMap(Optional::stream)
                .findFirst()
                .ifPresent(problem -> {
                    throw new MillraceException(ErrorCode.DENIED, problem);
                });
    }

    private boolean passOver(ProjectId project, LogPosition position, RuntimeException cause) {
        count(project, "failed");
        LOG.error("the message {} could not be taken and is passed over", position, cause);
        return true;
    }

    private void announce(ProjectId project, LogRecord record, ControlMessage message) {
        Listener taker = listener;
        if (taker != null) {
            taker.announced(
                    new Announcement(
                            project,
                            message.number(),
                            LogPosition.of(record),
                            Instant.ofEpochMilli(record.timestampMillis()),
                            message.isLive()
                                    ? placed(message.dataset(), record)
                                    : message.dataset(),
                            message.isLive()));
        }
    }

    /**
     * A live stream begins where its topic stood when the message was written: a topic alone would
     * mean all that it ever held.
     */
    private DatasetSpec placed(DatasetSpec dataset, LogRecord message) {
        long since = Math.max(0, message.timestampMillis() - BEFORE_MESSAGE.toMillis());
        try (LogReader reader = log.reader(1)) {
            return new DatasetSpec(
                    placed(dataset.ranges(), reader, since),
                    placed(dataset.unlabelled(), reader, since),
                    dataset.decode(),
                    dataset.label(),
                    dataset.split(),
                    dataset.description());
        }
    }

    private static List<TopicRange> placed(List<TopicRange> ranges, LogReader reader, long since) {
        var placed = new ArrayList<TopicRange>();
        for (TopicRange range : ranges) {
            var offsets = new TreeMap<LogPartition, Long>();
            if (range.partition().isEmpty()) {
                offsets.putAll(reader.offsetsAt(List.of(range.topic()), since));
            }
            if (offsets.isEmpty()) {
                placed.add(range);
            }
            offsets.forEach((partition, offset) ->
                    placed.add(
                            new TopicRange(
                                    partition.topic(),
                                    OptionalInt.of(partition.index()),
                                    offset,
                                    OptionalLong.empty())));
        }
        return placed;
    }

    private void count(ProjectId project, String outcome) {
        meters.count(
                        "millrace_training_announcements_total",
                        "Messages of senders on the control topics.",
                        "project",
                        project.value(),
                        "outcome",
                        outcome)
                .increment();
    }

    /** Ends the reading; what was not taken comes again next time. Idempotent. */
    @Override
    public void close() {
        isClosed = true;
        LogConsumer reading = consumer;
        if (reading != null) {
            reading.wakeup();
        }
        try {
            if (thread.isAlive() && !thread.join(CLOSE_PATIENCE)) {
                LOG.warn("the reader of the control topics does not end in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
