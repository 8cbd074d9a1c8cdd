package io.millrace.embedded.mqtt;

import io.millrace.api.ProjectId;
import java.nio.charset.StandardCharsets;

/**
 * Where a project's topics hang in the broker. All that a client says passes through here on its
 * way in and out, so that no client can name anything outside its project.
 *
 * <p>Topics that start with {@code $} get a root of their own: the standard forbids that a filter
 * beginning with a wildcard matches them, and this way none can. A {@code :} is escaped because two
 * of them mean something to Artemis; client ids are escaped because Artemis pastes them into
 * selector expressions.
 */
final class Mount {

    private static final String SHARE = "$share/";

    private final String root;
    private final String dollarRoot;
    private final String clientPrefix;

    Mount(ProjectId project) {
        this.root = project + "/";
        this.dollarRoot = project + "$/";
        this.clientPrefix = project + ":";
    }

    /** How much longer than the client's a topic of the broker is, at least. */
    int extraLength() {
        return dollarRoot.length();
    }

    String topicIn(String topic) {
        return (topic.startsWith("$") ? dollarRoot : root).concat(escape(topic));
    }

    /** For subscriptions, shared ones included. */
    String filterIn(String filter) {
        if (!filter.startsWith(SHARE)) {
            return topicIn(filter);
        }
        int end = filter.indexOf('/', SHARE.length());
        return filter.substring(0, SHARE.length())
                + escape(filter.substring(SHARE.length(), end))
                + "/"
                + topicIn(filter.substring(end + 1));
    }

    /** The part of a subscription that is matched against topics; empty when there is none. */
    static String plainFilter(String filter) {
        if (!filter.startsWith(SHARE)) {
            return filter;
        }
        int end = filter.indexOf('/', SHARE.length());
        return end <= SHARE.length() ? "" : filter.substring(end + 1);
    }

    String topicOut(String topic) {
        if (topic.startsWith(root)) {
            return unescape(topic.substring(root.length()));
        }
        return topic.startsWith(dollarRoot)
                ? unescape(topic.substring(dollarRoot.length()))
                : topic;
    }

    /**
     * The broker's name of a client. Each user has a name space of its own, and so have those who
     * did not say who they are: nobody takes over the session of another by its client id.
     */
    String clientIn(Who who, String clientId) {
        var out = new StringBuilder(clientPrefix.length() + clientId.length());
        out.append(clientPrefix);
        if (who.kind() != Who.Kind.CERTIFICATE) {
            // That sign is escaped in names and ids, so no two of these are ever the same.
            escapeId(who.user(), out).append('@');
        }
        return escapeId(clientId, out).toString();
    }

    private static StringBuilder escapeId(String clientId, StringBuilder out) {
        for (byte b : clientId.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if ((c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '-'
                    || c == '_') {
                out.append(c);
            } else {
                out.append('%').append(hex(c >> 4)).append(hex(c & 0xf));
            }
        }
        return out;
    }

    /** A filter of the broker as the client wrote it. */
    String filterOut(String filter) {
        if (!filter.startsWith(SHARE)) {
            return topicOut(filter);
        }
        int end = filter.indexOf('/', SHARE.length());
        return SHARE
                + unescape(filter.substring(SHARE.length(), end))
                + "/"
                + topicOut(filter.substring(end + 1));
    }

    private static String escape(String text) {
        if (text.indexOf(':') < 0 && text.indexOf('%') < 0) {
            return text;
        }
        return text.replace("%", "%25").replace(":", "%3A");
    }

    private static String unescape(String text) {
        return text.indexOf('%') < 0 ? text : text.replace("%3A", ":").replace("%25", "%");
    }

    private static char hex(int digit) {
        return Character.toUpperCase(Character.forDigit(digit, 16));
    }
}
