package io.millrace.codec;

import io.millrace.api.DataSourceSpec.MqttUsers;
import io.millrace.api.ReservedTopics;
import io.millrace.api.TopicFilter;
import io.millrace.api.TopicPattern;
import io.millrace.api.TopicTemplate;
import java.util.Optional;
import java.util.regex.Pattern;

/** What is wrong with a topic. */
final class Topics {

    private static final Pattern KAFKA = Pattern.compile("[a-zA-Z0-9._-]{1,249}");

    private Topics() {}

    /** A topic filter that a data source listens to; its levels may have names. */
    static Optional<String> problemOfFilter(String pattern) {
        Optional<String> broken = TopicPattern.problem(pattern);
        if (broken.isPresent()) {
            return broken;
        }
        String filter = TopicPattern.parse(pattern).filter();
        if (filter.startsWith("$")) {
            return Optional.of("a topic that starts with '$' belongs to the broker");
        }
        String[] levels = filter.split("/", -1);
        for (int i = 0; i < levels.length; i++) {
            String level = levels[i];
            boolean wild = level.contains("#") || level.contains("+");
            if (wild && level.length() > 1) {
                return Optional.of("'#' and '+' stand alone between '/' in a topic filter");
            }
            if (level.equals("#") && i < levels.length - 1) {
                return Optional.of("'#' is only allowed at the end of a topic filter");
            }
        }
        return problemOfText(filter);
    }

    /** A topic filter of each user of the broker; a level may be the user's own name. */
    static Optional<String> problemOfUsers(String pattern) {
        Optional<String> broken = problemOfFilter(pattern);
        if (broken.isPresent()) {
            return broken;
        }
        return TopicPattern.parse(pattern).names().stream()
                .filter(name -> !("{" + name + "}").equals(MqttUsers.USER))
                .findFirst()
                .map(name ->
                        "unknown template {%s}; a topic of users may hold %s"
                                .formatted(name, MqttUsers.USER));
    }

    /** A topic that is published to; it may hold templates. */
    static Optional<String> problemOfOutput(String topic) {
        if (topic.contains("#") || topic.contains("+")) {
            return Optional.of("a topic that is published to must not hold '#' or '+'");
        }
        if (topic.startsWith("$")) {
            return Optional.of("a topic that starts with '$' belongs to the broker");
        }
        return TopicTemplate.problem(topic).or(() -> problemOfText(topic));
    }

    /** A topic of the log that a pipeline writes to; it may hold templates. */
    static Optional<String> problemOfKafka(String topic) {
        return problemOfLog(topic).or(() -> ReservedTopics.problem(topic));
    }

    /** A topic of some Kafka; it may hold templates. */
    static Optional<String> problemOfLog(String topic) {
        Optional<String> broken = TopicTemplate.problem(topic);
        if (broken.isPresent()) {
            return broken;
        }
        for (TopicTemplate.Part part : TopicTemplate.parse(topic).parts()) {
            if (part instanceof TopicTemplate.Literal(String text)
                    && !KAFKA.matcher(text).matches()) {
                return wrongKafka(topic);
            }
        }
        return topic.equals(".") || topic.equals("..") ? wrongKafka(topic) : Optional.empty();
    }

    /** A topic of some Kafka, written out. */
    static Optional<String> problemOfFixedLog(String topic) {
        return topic.indexOf('{') < 0 ? problemOfLog(topic) : wrongKafka(topic);
    }

    private static Optional<String> wrongKafka(String topic) {
        return Optional.of(
                "a Kafka topic has 1 to 249 letters, digits, '.', '_' and '-', was '"
                        + DocumentParser.shorten(topic)
                        + "'");
    }

    private static Optional<String> problemOfText(String topic) {
        if (topic.length() > TopicFilter.MAX_LENGTH) {
            return Optional.of(
                    "the topic is longer than " + TopicFilter.MAX_LENGTH + " characters");
        }
        return topic.indexOf('\0') < 0
                ? Optional.empty()
                : Optional.of("a topic must not hold the character U+0000");
    }
}
