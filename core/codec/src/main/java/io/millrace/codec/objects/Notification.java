package io.millrace.codec.objects;

import io.millrace.spi.ObjectEvent;
import java.util.List;

/** What a message of a store says. */
public sealed interface Notification {

    /**
     * News of objects, at least one or one flaw.
     *
     * @param found what could be read
     * @param flaws what is there and is no news of an object
     */
    record Events(List<Found> found, List<Flaw> flaws) implements Notification {
        public Events {
            found = List.copyOf(found);
            flaws = List.copyOf(flaws);
        }
    }

    /**
     * One piece of news.
     *
     * @param event in the one form
     * @param original the record as JSON without {@code opaqueData}, which may be a secret; empty
     *     when it is longer than {@link Notifications#MOST_ORIGINAL}
     */
    record Found(ObjectEvent event, String original) {}

    /**
     * A record of a notification that cannot be taken.
     *
     * @param reason in words for people, safe in logs
     * @param original as in {@link Found}
     */
    record Flaw(String reason, String original) {}

    /**
     * The store tries whether anybody is there.
     *
     * @param bucket that it was set up for; empty when it says none
     */
    record TestMessage(String bucket) implements Notification {}

    /**
     * Nothing to do.
     *
     * @param why such as {@code the body is empty}
     */
    record Nothing(String why) implements Notification {}

    /** Amazon's SNS asks for a confirmation before it sends anything. */
    record Subscription(SnsMessage message) implements Notification {}

    /**
     * It will never be read.
     *
     * @param reason in words for people, safe in logs
     */
    record Unreadable(String reason) implements Notification {}
}
