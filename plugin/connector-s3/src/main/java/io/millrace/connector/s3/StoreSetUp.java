package io.millrace.connector.s3;

import io.millrace.api.BucketConnection;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ObjectNames;
import io.millrace.connector.s3.SignedCalls.Answer;
import io.millrace.spi.ObjectNotifications.Rule;
import io.millrace.spi.ObjectNotifications.Wanted;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import software.amazon.awssdk.http.SdkHttpMethod;

/**
 * Sets up a store's notifications: reads what a bucket notifies of, changes what is ours, writes it
 * back. The target that sends to us is a topic of the store's own, as Ceph has them.
 */
final class StoreSetUp {

    private static final Map<String, String> NOTIFICATION = Map.of("notification", "");
    private static final byte[] NOTHING = {};

    private final BucketConnection store;
    private final URI endpoint;
    private final SignedCalls calls;

    StoreSetUp(BucketConnection store, URI endpoint, SignedCalls calls) {
        this.store = store;
        this.endpoint = endpoint;
        this.calls = calls;
    }

    /**
     * Makes it so.
     *
     * @param isKnown whether this process has made the target before
     * @return whether anything had to be changed
     */
    boolean ensure(Wanted wanted, boolean isKnown) {
        boolean isMissing = wanted.target().isEmpty() && isKnown && !hasTopic(wanted);
        String target = wanted.target().orElseGet(() -> makeTopic(wanted));
        boolean isChanged = false;
        for (String bucket : buckets(wanted)) {
            List<Rule> rules =
                    wanted.buckets().stream().filter(r -> r.bucket().equals(bucket)).toList();
            NotificationXml present = read(bucket);
            boolean holds = present.holds(wanted.id() + "-", rules, target);
            // A topic that is made again is another one: what names it has to be written again.
            if (!holds || isMissing) {
                List<String> stale = new ArrayList<>(present.ids(wanted.id() + "-"));
                rules.forEach(rule -> stale.remove(rule.id()));
                present.replace(wanted.id() + "-", rules, target);
                write(bucket, present);
                if (wanted.target().isEmpty()) {
                    stale.forEach(id -> deleteOnCeph(bucket, id));
                }
                isChanged = true;
            }
        }
        return isChanged;
    }

    void remove(Wanted wanted) {
        for (String bucket : buckets(wanted)) {
            try {
                NotificationXml present = read(bucket);
                List<String> ours = present.ids(wanted.id() + "-");
                if (wanted.target().isEmpty()) {
                    ours.forEach(id -> deleteOnCeph(bucket, id));
                } else if (!ours.isEmpty()) {
                    present.replace(wanted.id() + "-", List.of(), "");
                    write(bucket, present);
                }
            } catch (MillraceException e) {
                if (e.code() != ErrorCode.NOT_FOUND) {
                    throw e;
                }
            }
        }
        if (wanted.target().isEmpty() && wanted.address().isPresent()) {
            var form = new LinkedHashMap<String, String>();
            form.put("Action", "DeleteTopic");
            form.put("TopicArn", makeTopic(wanted)); // the ARN is only to be had so
            Answer answer = sns(form);
            if (!answer.isGood() && answer.status() != 404) {
                throw failure("the topic " + wanted.id(), answer);
            }
        }
    }

    /**
     * Where topics are the store's own, as in Ceph, writing adds to what is there and nothing can
     * be written empty; so entries are deleted by their names. Other stores may take such a call
     * for one that deletes the bucket.
     */
    private void deleteOnCeph(String bucket, String id) {
        Answer answer =
                calls.call(
                        SdkHttpMethod.DELETE,
                        "s3",
                        address(bucket),
                        Map.of("notification", id),
                        "",
                        NOTHING);
        if (!answer.isGood() && answer.status() != 404) {
            throw failure("the notification " + id, answer);
        }
    }

    private static Set<String> buckets(Wanted wanted) {
        var buckets = new TreeSet<String>();
        wanted.buckets().forEach(rule -> buckets.add(rule.bucket()));
        return buckets;
    }

    private NotificationXml read(String bucket) {
        Answer answer =
                calls.call(SdkHttpMethod.GET, "s3", address(bucket), NOTIFICATION, "", NOTHING);
        if (!answer.isGood()) {
            throw failure("the notifications of bucket " + ObjectNames.shown(bucket), answer);
        }
        return NotificationXml.read(answer.body());
    }

    private void write(String bucket, NotificationXml xml) {
        Answer answer =
                calls.call(
                        SdkHttpMethod.PUT,
                        "s3",
                        address(bucket),
                        NOTIFICATION,
                        "application/xml",
                        xml.write());
        if (!answer.isGood()) {
            throw failure("the notifications of bucket " + ObjectNames.shown(bucket), answer);
        }
    }

    private URI address(String bucket) {
        String base = endpoint.toString();
        return store.isPathStyle()
                ? URI.create((base.endsWith("/") ? base : base + "/") + bucket)
                : URI.create(base.replace("://", "://" + bucket + "."));
    }

    private boolean hasTopic(Wanted wanted) {
        var form = new LinkedHashMap<String, String>();
        form.put("Action", "ListTopics");
        Answer answer = sns(form);
        return answer.isGood()
                && new String(answer.body(), StandardCharsets.UTF_8)
                        .contains(":" + wanted.id() + "<");
    }

    /** Making a topic that is there gives its ARN, and sets what it has to do. */
    private String makeTopic(Wanted wanted) {
        if (store.endpoint().isEmpty()) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "at Amazon a topic needs a policy and a subscription of its owner: make one and"
                            + " name its ARN in 'target'");
        }
        var attributes = new LinkedHashMap<String, String>();
        attributes.put("push-endpoint", wanted.address().orElseThrow());
        attributes.put("persistent", "true");
        wanted.opaqueData().ifPresent(text -> attributes.put("OpaqueData", text));
        var form = new LinkedHashMap<String, String>();
        form.put("Action", "CreateTopic");
        form.put("Name", wanted.id());
        int index = 1;
        for (Map.Entry<String, String> attribute : attributes.entrySet()) {
            form.put("Attributes.entry." + index + ".key", attribute.getKey());
            form.put("Attributes.entry." + index + ".value", attribute.getValue());
            index++;
        }
        Answer answer = sns(form);
        if (!answer.isGood()) {
            throw failure("making a topic", answer);
        }
        String arn = NotificationXml.read(answer.body()).find("TopicArn");
        if (arn.isEmpty()) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "the store makes no topics: have one made there and name its ARN in 'target'");
        }
        return arn;
    }

    private Answer sns(Map<String, String> form) {
        var body = new StringBuilder();
        form.forEach((name, value) -> {
            if (!body.isEmpty()) {
                body.append('&');
            }
            body.append(URLEncoder.encode(name, StandardCharsets.UTF_8))
                    .append('=')
                    .append(URLEncoder.encode(value, StandardCharsets.UTF_8));
        });
        String base = endpoint.toString();
        return calls.call(
                SdkHttpMethod.POST,
                "sns",
                URI.create(base.endsWith("/") ? base : base + "/"),
                Map.of(),
                "application/x-www-form-urlencoded; charset=utf-8",
                body.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static MillraceException failure(String what, Answer answer) {
        String reason;
        try {
            reason = NotificationXml.read(answer.body()).find("Code");
        } catch (MillraceException _) {
            reason = ""; // a page of some proxy
        }
        ErrorCode code =
                switch (answer.status()) {
                    case 401, 403 -> ErrorCode.DENIED;
                    case 404 -> ErrorCode.NOT_FOUND;
                    case 405, 501 -> ErrorCode.UNSUPPORTED;
                    default ->
                            answer.status() >= 400 && answer.status() < 500
                                    ? ErrorCode.INVALID
                                    : ErrorCode.UNAVAILABLE;
                };
        return new MillraceException(
                code,
                "the store answers %d%s for %s"
                        .formatted(
                                answer.status(),
                                reason.isEmpty() ? "" : " (" + reason + ")",
                                what));
    }
}
