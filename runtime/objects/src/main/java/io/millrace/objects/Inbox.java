package io.millrace.objects;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.codec.objects.KeyCoding;
import io.millrace.codec.objects.Notification;
import io.millrace.codec.objects.Notifications;
import io.millrace.spi.EventLog;
import io.millrace.spi.Header;
import io.millrace.spi.ObjectEvent;
import io.millrace.spi.ObjectEvents.Received;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Predicate;

/** Reads messages of stores and hands on what they tell. Any thread. */
final class Inbox {

    private static final Received NOTHING = new Received(0, 0, 0);

    private final ResourceKey source;
    private final Intake intake;
    private final KeyCoding coding;
    private final EventLog events;
    private final TimeSource time;

    Inbox(ResourceKey source, Intake intake, KeyCoding coding, EventLog events, TimeSource time) {
        this.source = source;
        this.intake = intake;
        this.coding = coding;
        this.events = events;
        this.time = time;
    }

    /**
     * Takes a message and waits until what it tells is in the log.
     *
     * @param isProven whether an event may be believed
     * @throws MillraceException {@code DENIED} when one may not; {@code UNAVAILABLE}
     */
    Received take(List<Header> headers, byte[] body, Predicate<ObjectEvent> isProven) {
        return switch (Notifications.read(headers, body, coding, time.now())) {
            case Notification.Events told -> take(told, isProven);
            case Notification.Nothing _ -> NOTHING;
            case Notification.TestMessage test -> {
                events.record(
                        source,
                        EventLog.Severity.NORMAL,
                        "TestMessage",
                        "the store tries whether its news arrive, for bucket " + test.bucket());
                yield NOTHING;
            }
            case Notification.Subscription subscription -> {
                events.record(
                        source,
                        EventLog.Severity.WARNING,
                        "ConfirmSubscription",
                        "SNS waits for a confirmation of the topic %s: confirm it with aws sns confirm-subscription or in the console"
                                .formatted(subscription.message().topicArn()));
                yield new Received(0, 1, 0);
            }
            case Notification.Unreadable bad -> {
                requireProof(isProven);
                yield intake.refuse(ErrorCode.INVALID, bad.reason(), body);
            }
        };
    }

    /** Whoever proves nothing but by its events cannot fill the topic of refused ones. */
    private static void requireProof(Predicate<ObjectEvent> isProven) {
        if (!isProven.test(NOBODYS)) {
            throw new MillraceException(ErrorCode.DENIED, "the sender does not prove who it is");
        }
    }

    private static final ObjectEvent NOBODYS =
            new ObjectEvent(
                    "",
                    "",
                    "",
                    "",
                    "",
                    java.util.OptionalLong.empty(),
                    java.util.Optional.empty(),
                    java.util.Optional.empty(),
                    java.util.Optional.empty(),
                    java.util.Optional.empty(),
                    java.time.Instant.EPOCH,
                    java.util.Map.of(),
                    java.util.Map.of(),
                    java.util.Optional.empty());

    private Received take(Notification.Events told, Predicate<ObjectEvent> isProven) {
        for (Notification.Found one : told.found()) {
            if (!isProven.test(one.event())) {
                throw new MillraceException(
                        ErrorCode.DENIED,
                        "the sender does not prove who it is: its opaque data is not what is declared");
            }
        }
        if (!told.flaws().isEmpty()) {
            requireProof(told.found().isEmpty() ? isProven : _ -> true);
        }
        Received taken = intake.take(told.found(), false);
        int refused = taken.refused();
        for (Notification.Flaw flaw : told.flaws()) {
            refused +=
                    intake.refuse(
                                    ErrorCode.INVALID,
                                    flaw.reason(),
                                    flaw.original().getBytes(StandardCharsets.UTF_8))
                            .refused();
        }
        return new Received(taken.stored(), taken.passedOver(), refused);
    }
}
