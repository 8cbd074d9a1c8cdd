package io.millrace.codec.objects;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * The envelope of Amazon's SNS, nothing of it checked. Texts that are missing are empty.
 *
 * @param type {@code Notification}, {@code SubscriptionConfirmation} or {@code
 *     UnsubscribeConfirmation}
 * @param messageId unique
 * @param topicArn of the topic
 * @param subject of a notification
 * @param message what it holds
 * @param timestamp as it was written
 * @param token with which a subscription is confirmed
 * @param subscribeUrl where it is confirmed
 * @param signatureVersion {@code 1} or {@code 2}
 * @param signature in Base64
 * @param signingCertUrl where the certificate is
 */
public record SnsMessage(
        String type,
        String messageId,
        String topicArn,
        String subject,
        String message,
        String timestamp,
        String token,
        String subscribeUrl,
        String signatureVersion,
        String signature,
        String signingCertUrl) {

    static final String NOTIFICATION = "Notification";
    static final String CONFIRMATION = "SubscriptionConfirmation";
    static final String FAREWELL = "UnsubscribeConfirmation";

    static SnsMessage of(JsonNode node) {
        return new SnsMessage(
                EventText.of(node, "Type"),
                EventText.of(node, "MessageId"),
                EventText.of(node, "TopicArn"),
                EventText.of(node, "Subject"),
                EventText.of(node, "Message"),
                EventText.of(node, "Timestamp"),
                EventText.of(node, "Token"),
                EventText.of(node, "SubscribeURL"),
                EventText.of(node, "SignatureVersion"),
                EventText.of(node, "Signature"),
                EventText.of(node, "SigningCertURL"));
    }

    /** Whether a JSON object is such an envelope. */
    static boolean isAt(JsonNode node) {
        String type = EventText.of(node, "Type");
        return node.path("Message").isString()
                && !EventText.of(node, "TopicArn").isEmpty()
                && (type.equals(NOTIFICATION)
                        || type.equals(CONFIRMATION)
                        || type.equals(FAREWELL));
    }

    /** What the sender signed: names and values in the order that SNS has laid down. */
    public byte[] signed() {
        var lines = new ArrayList<String>();
        add(lines, "Message", message);
        add(lines, "MessageId", messageId);
        if (type.equals(NOTIFICATION)) {
            if (!subject.isEmpty()) {
                add(lines, "Subject", subject);
            }
        } else {
            add(lines, "SubscribeURL", subscribeUrl);
        }
        add(lines, "Timestamp", timestamp);
        if (!type.equals(NOTIFICATION)) {
            add(lines, "Token", token);
        }
        add(lines, "TopicArn", topicArn);
        add(lines, "Type", type);
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static void add(List<String> lines, String name, String value) {
        lines.add(name);
        lines.add(value);
    }
}
