package io.millrace.codec.objects;

import io.millrace.api.MillraceException;
import io.millrace.codec.objects.CloudEvents.Mode;
import io.millrace.codec.objects.Notification.Events;
import io.millrace.codec.objects.Notification.Flaw;
import io.millrace.codec.objects.Notification.Found;
import io.millrace.codec.objects.Notification.Nothing;
import io.millrace.codec.objects.Notification.Subscription;
import io.millrace.codec.objects.Notification.TestMessage;
import io.millrace.codec.objects.Notification.Unreadable;
import io.millrace.codec.objects.RecordReader.Wrapper;
import io.millrace.spi.Header;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads what Amazon, MinIO, Ceph of all generations and whoever forwards them send: records in
 * their envelopes, single records, SNS, EventBridge, and all of these as CloudEvents. Decided by
 * what stands there, never by who says so. Nothing is thrown at hostile texts: they are {@link
 * Unreadable}.
 */
public final class Notifications {

    /** Longer originals are not kept. */
    public static final int MOST_ORIGINAL = 16 << 10;

    /** A longer message is no notification. */
    public static final int MOST_BYTES = 4 << 20;

    static final int MOST_RECORDS = 10_000;

    /** Envelope in envelope: a CloudEvent with an SNS message with records, and one to spare. */
    private static final int MOST_ENVELOPES = 4;

    private static final int MAX_DEPTH = 64;
    private static final int MAX_NUMBER_LENGTH = 100;

    static final JsonMapper JSON =
            new JsonMapper(
                    JsonFactory.builder()
                            .streamReadConstraints(
                                    StreamReadConstraints.builder()
                                            .maxNestingDepth(MAX_DEPTH)
                                            .maxNumberLength(MAX_NUMBER_LENGTH)
                                            .maxStringLength(MOST_BYTES)
                                            .maxNameLength(MOST_ORIGINAL)
                                            .build())
                            .build());

    private final RecordReader records;

    private Notifications(KeyCoding coding, Instant received) {
        this.records = new RecordReader(coding, received);
    }

    /**
     * Reads a message.
     *
     * @param headers those of HTTP or of a record of Kafka; they say what is a CloudEvent
     * @param body as it came
     * @param coding how its keys are written
     * @param received the time of news that say none
     */
    public static Notification read(
            List<Header> headers, byte[] body, KeyCoding coding, Instant received) {
        if (body.length > MOST_BYTES) {
            return new Unreadable(
                    "a notification of %d bytes, allowed are %d"
                            .formatted(body.length, MOST_BYTES));
        }
        var reader = new Notifications(coding, received);
        Mode mode = CloudEvents.modeOf(headers);
        // In binary mode the body is what the store said, whatever the headers say of it.
        return mode == Mode.STRUCTURED || mode == Mode.BATCHED
                ? reader.events(headers, body, 0)
                : reader.body(body, 0);
    }

    private Notification events(List<Header> headers, byte[] body, int depth) {
        try {
            return each(CloudEvents.read(headers, body), depth + 1);
        } catch (MillraceException e) {
            return new Unreadable(e.text());
        }
    }

    private Notification body(byte[] body, int depth) {
        if (isBlank(body)) {
            return new Nothing("the body is empty");
        }
        if (depth > MOST_ENVELOPES) {
            return new Unreadable("more than " + MOST_ENVELOPES + " envelopes in each other");
        }
        try {
            return node(JSON.readTree(body), body, depth);
        } catch (JacksonException e) {
            return new Unreadable("not valid JSON: " + EventText.shown(e.getOriginalMessage()));
        } catch (MillraceException e) {
            return new Unreadable(e.text());
        }
    }

    private Notification node(JsonNode node, byte[] body, int depth) {
        if (node.isObject()) {
            return object(node, body, depth);
        }
        if (node.isString()) {
            return body(node.stringValue().getBytes(StandardCharsets.UTF_8), depth + 1);
        }
        if (node.isArray() && CloudEvents.isAt(node.path(0))) {
            return each(CloudEvents.batched(body), depth + 1);
        }
        if (node.isArray()) {
            return records(node, Wrapper.NONE);
        }
        return node.isNull()
                ? new Nothing("the body is null")
                : new Unreadable(
                        "expected a notification of an object store, got "
                                + RecordReader.namesOf(node));
    }

    private Notification object(JsonNode node, byte[] body, int depth) {
        if (CloudEvents.isAt(node)) {
            return each(List.of(CloudEvents.structured(body)), depth + 1);
        }
        if (SnsMessage.isAt(node)) {
            return sns(SnsMessage.of(node), depth);
        }
        if (EventText.of(node, "Event").endsWith("TestEvent")) {
            return new TestMessage(EventText.shown(EventText.of(node, "Bucket")));
        }
        if (node.path("Records").isArray()) {
            String name = EventText.of(node, "EventName");
            return records(
                    node.path("Records"),
                    new Wrapper(
                            name.isEmpty() ? EventText.of(node, "EventType") : name,
                            EventText.of(node, "Key")));
        }
        if (node.has("detail-type") && node.path("detail").isObject()) {
            return new Events(List.of(records.readBridged(node)), List.of());
        }
        if (node.path("s3").isObject()) {
            return new Events(List.of(records.read(node, Wrapper.NONE)), List.of());
        }
        return node.isEmpty() || node.path("Records").isNull()
                ? new Nothing("there are no records")
                : new Unreadable(
                        "expected a notification of an object store, got "
                                + RecordReader.namesOf(node));
    }

    private Notification sns(SnsMessage message, int depth) {
        return switch (message.type()) {
            case SnsMessage.NOTIFICATION ->
                    body(message.message().getBytes(StandardCharsets.UTF_8), depth + 1);
            case SnsMessage.CONFIRMATION -> new Subscription(message);
            default -> new Nothing("SNS says that the subscription has ended");
        };
    }

    private Notification records(JsonNode entries, Wrapper wrapper) {
        if (entries.isEmpty()) {
            return new Nothing("there are no records");
        }
        if (entries.size() > MOST_RECORDS) {
            return new Unreadable(
                    "%d records, allowed are %d".formatted(entries.size(), MOST_RECORDS));
        }
        // MinIO's envelope names the first record's object, and holds one.
        Wrapper known = entries.size() == 1 ? wrapper : new Wrapper(wrapper.eventName(), "");
        var found = new ArrayList<Found>(entries.size());
        var flaws = new ArrayList<Flaw>();
        for (JsonNode entry : entries) {
            try {
                found.add(records.read(entry, known));
            } catch (MillraceException e) {
                flaws.add(new Flaw(e.text(), RecordReader.original(entry)));
            }
        }
        return new Events(found, flaws);
    }

    private Notification each(List<CloudEvent> events, int depth) {
        if (events.size() == 1) {
            return body(events.getFirst().data(), depth);
        }
        var found = new ArrayList<Found>();
        var flaws = new ArrayList<Flaw>();
        for (CloudEvent event : events) {
            switch (body(event.data(), depth)) {
                case Events some -> {
                    found.addAll(some.found());
                    flaws.addAll(some.flaws());
                }
                case Unreadable bad -> flaws.add(new Flaw(bad.reason(), ""));
                case Subscription _ ->
                        flaws.add(new Flaw("SNS asks for a confirmation within a batch", ""));
                case TestMessage _, Nothing _ -> {}
            }
            if (found.size() + flaws.size() > MOST_RECORDS) {
                return new Unreadable("more than " + MOST_RECORDS + " records in one batch");
            }
        }
        return found.isEmpty() && flaws.isEmpty()
                ? new Nothing("there are no events")
                : new Events(found, flaws);
    }

    private static boolean isBlank(byte[] body) {
        for (byte b : body) {
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return false;
            }
        }
        return true;
    }
}
