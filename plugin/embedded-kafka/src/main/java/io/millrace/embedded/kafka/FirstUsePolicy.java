package io.millrace.embedded.kafka;

import io.millrace.api.ReservedTopics;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
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
    private static final Logger LOG = LoggerFactory.getLogger(FirstUsePolicy.class);

    private Path directory = Path.of("");
    private int maxTopics;

    /** Kafka makes it without arguments and then calls {@link #configure}. */
    public FirstUsePolicy() {}

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
        ReservedTopics.problem(wanted.topic()).ifPresent(problem -> refuse(wanted, problem));
        if (hasTooMany()) {
            refuse(
                    wanted,
                    "the log has %d topics, and from then on new ones have to be declared; delete some that nobody needs"
                            .formatted(maxTopics));
        }
        LOG.info("The topic \"{}\" is made by its first use", wanted.topic());
    }

    private static void refuse(RequestMetadata wanted, String reason) {
        // The client that asked is only told that there is no such topic.
        LOG.warn("The topic \"{}\" is not made by its first use: {}", wanted.topic(), reason);
        throw new PolicyViolationException(
                "\"%s\" is not made by its first use: %s".formatted(wanted.topic(), reason));
    }

    /** Each topic has a folder for its partition 0. Topics are made seldom enough to look. */
    private boolean hasTooMany() {
        int topics = 0;
        try (DirectoryStream<Path> firsts = Files.newDirectoryStream(directory, "*-0")) {
            for (Path first : firsts) {
                topics += first.getFileName().toString().startsWith(KAFKAS_OWN) ? 0 : 1;
                if (topics >= maxTopics) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new PolicyViolationException(
                    "the topics of the log cannot be counted: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {}
}
