package io.millrace.embedded.kafka;

import io.millrace.api.ReservedTopics;
import io.millrace.api.TimeSource;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.server.policy.CreateTopicPolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides which topics clients may make by using them. Kafka makes this object by its class name
 * and asks it before each new topic. A topic that somebody declares comes with settings of its own,
 * as those of Millrace and Kafka's own do; one that is made by its first use comes without.
 */
public final class FirstUsePolicy implements CreateTopicPolicy {

    /** How the broker's settings tell the bound on topics. */
    static final String MAX_TOPICS = "millrace.first.use.max.topics";

    /** How they tell where topics are. */
    static final String DIRECTORY = "millrace.first.use.directory";

    private static final String KAFKAS_OWN = "__";

    /** How the folder of a partition 0 ends. */
    private static final String FIRST = "-0";

    private static final Logger LOG = LoggerFactory.getLogger(FirstUsePolicy.class);

    /** So long a topic may take to get its folder; what was only asked for never gets one. */
    private static final long UNDER_WAY_NANOS = Duration.ofMinutes(1).toNanos();

    private final TimeSource time;

    /**
     * Since when the topics are allowed that have no folder yet: all topics of one request are
     * decided upon before the first of them is made.
     */
    private final Map<String, Long> underWay = new HashMap<>();

    private Path directory = Path.of("");
    private int maxTopics;

    /** Kafka makes it without arguments and then calls {@link #configure}. */
    public FirstUsePolicy() {
        this(TimeSource.system());
    }

    /** With another clock, for tests. */
    FirstUsePolicy(TimeSource time) {
        this.time = time;
    }

    @Override
    public void configure(Map<String, ?> settings) {
        directory = Path.of(String.valueOf(settings.get(DIRECTORY)));
        maxTopics = Integer.parseInt(String.valueOf(settings.get(MAX_TOPICS)));
    }

    @Override
    public void validate(RequestMetadata wanted) {
        if (!wanted.configs().isEmpty()) {
            return;
        }
        String topic = wanted.topic();
        ReservedTopics.problem(topic).ifPresent(problem -> refuse(topic, problem));
        if (topics() >= maxTopics) {
            refuse(
                    topic,
                    "clients may make topics until the log has %d, and it has them; delete some that nobody needs"
                            .formatted(maxTopics));
        }
        underWay.put(topic, time.nanoTime());
        LOG.info("The topic \"{}\" is made for a client, by its first use or its wish", topic);
    }

    private static void refuse(String topic, String reason) {
        // A client that only uses it is told that there is no such topic, and nothing else.
        LOG.warn("The topic \"{}\" is not made for a client: {}", topic, reason);
        throw new PolicyViolationException(
                "\"%s\" is not made for a client: %s".formatted(topic, reason));
    }

    /**
     * How many there are and will be. Each has a folder for its partition 0; topics are made seldom
     * enough to look.
     */
    private int topics() {
        int topics = 0;
        try (DirectoryStream<Path> firsts = Files.newDirectoryStream(directory, "*" + FIRST)) {
            for (Path first : firsts) {
                String folder = first.getFileName().toString();
                underWay.remove(folder.substring(0, folder.length() - FIRST.length()));
                topics += folder.startsWith(KAFKAS_OWN) ? 0 : 1;
            }
        } catch (IOException e) {
            throw new PolicyViolationException(
                    "the topics of the log cannot be counted: " + e.getMessage(), e);
        }
        long now = time.nanoTime();
        underWay.values().removeIf(since -> now - since > UNDER_WAY_NANOS);
        return topics + underWay.size();
    }

    @Override
    public void close() {}
}
