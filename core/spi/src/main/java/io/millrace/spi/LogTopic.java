package io.millrace.spi;

import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * How topics of the log are named: {@code <project>.<use>.<name>[.<field>]}. Two different
 * resources never share a topic, although names may hold dots and Kafka takes {@code .} and {@code
 * _} for the same: inside a part {@code .} is written {@code -D}, {@code _} is written {@code -U},
 * and {@code -} is doubled where it could be misread.
 */
public final class LogTopic {

    private static final String RETRY = "retry";
    private static final int MAX_LENGTH = 249;
    private static final int KEPT_WHEN_TOO_LONG = 200;

    private LogTopic() {}

    /** The topic of a field of a data source. */
    public static String ofField(ProjectId project, ResourceName source, ResourceName field) {
        return join(project.value(), "source", source.value(), field.value());
    }

    /** The topic that keeps the dead letters of a pipeline. */
    public static String ofDeadLetters(ProjectId project, ResourceName pipeline) {
        return join(project.value(), "dead", pipeline.value());
    }

    /** The topic that keeps what a data source was sent and could not take. */
    public static String ofRefused(ProjectId project, ResourceName source) {
        return join(project.value(), "refused", source.value());
    }

    /** The topic of what became of a pipeline's dead letters, and of the work on them. */
    public static String ofSettledLetters(ProjectId project, ResourceName pipeline) {
        return join(project.value(), "settled", pipeline.value());
    }

    /** The topic of records that a pipeline shall try again. */
    public static String ofRetries(ProjectId project, ResourceName pipeline) {
        return join(project.value(), RETRY, pipeline.value());
    }

    /** Whether a topic is one of {@link #ofRetries}. */
    public static boolean isRetries(String topic) {
        int dot = topic.indexOf('.');
        return dot >= 0
                && topic.startsWith(RETRY, dot + 1)
                && topic.startsWith(".", dot + 1 + RETRY.length());
    }

    /** The topic that keeps the answers of a pipeline with a {@code stream} output. */
    public static String ofStream(ProjectId project, ResourceName pipeline) {
        return join(project.value(), "stream", pipeline.value());
    }

    /** The topic that takes the outputs of a replay. */
    public static String ofReplay(ProjectId project, ResourceName pipeline, ResourceName branch) {
        return join(project.value(), "replay", pipeline.value(), branch.value());
    }

    /**
     * Refuses what no log takes as the name of a topic.
     *
     * @throws MillraceException {@code INVALID} unless the name has 1 to 249 letters, digits, dots,
     *     underscores and dashes and is neither {@code .} nor {@code ..}
     */
    public static void requireValid(String topic) {
        boolean valid =
                !topic.isEmpty()
                        && topic.length() <= MAX_LENGTH
                        && !topic.equals(".")
                        && !topic.equals("..");
        for (int i = 0; valid && i < topic.length(); i++) {
            char c = topic.charAt(i);
            valid =
                    (c >= 'a' && c <= 'z')
                            || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9')
                            || c == '.'
                            || c == '_'
                            || c == '-';
        }
        if (!valid) {
            throw MillraceException.invalid(
                    ("\"%s\" cannot be a topic of the log: use 1 to %d letters, digits, '.', '_'"
                                    + " and '-'")
                            .formatted(topic, MAX_LENGTH));
        }
    }

    private static String join(String... parts) {
        var name = new StringBuilder();
        for (String part : parts) {
            if (!name.isEmpty()) {
                name.append('.');
            }
            escape(part, name);
        }
        return name.length() <= MAX_LENGTH ? name.toString() : shorten(name.toString());
    }

    private static void escape(String part, StringBuilder out) {
        for (int i = 0; i < part.length(); i++) {
            char c = part.charAt(i);
            switch (c) {
                case '.' -> out.append("-D");
                case '_' -> out.append("-U");
                case '-' -> out.append(isMisreadAfterDash(part, i + 1) ? "--" : "-");
                default -> out.append(c);
            }
        }
    }

    private static boolean isMisreadAfterDash(String part, int next) {
        if (next == part.length()) {
            return false;
        }
        char c = part.charAt(next);
        return c == '-' || c == 'D' || c == 'U' || c == '.' || c == '_';
    }

    private static String shorten(String name) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest(name.getBytes(StandardCharsets.UTF_8));
            return name.substring(0, KEPT_WHEN_TOO_LONG)
                    + "."
                    + HexFormat.of().formatHex(hash, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw MillraceException.internal("this JDK has no SHA-256", e);
        }
    }
}
