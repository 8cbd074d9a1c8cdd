package io.millrace.connector.mqtt;

import com.hivemq.client.mqtt.exceptions.MqttClientStateException;
import com.hivemq.client.mqtt.exceptions.MqttEncodeException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Publishes results to another broker. At QoS 1 a write returns when the broker has acknowledged
 * all of it; at QoS 0 when it is on its way. What is not acknowledged because the connection ends
 * is reported as failed, and so is all behind it; nothing more is sent then. A message that makes
 * the broker end the connection again and again is given up, so that the others go on.
 */
final class ExternalSink implements Sink, MqttLink.User {
    /** So many are sent and not acknowledged; the broker may want fewer. */
    private static final int MOST_UNDER_WAY = 1_000;

    /** A pipeline does its own waiting; this bridges the first connection and short breaks. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final Duration ACKNOWLEDGEMENT = Duration.ofSeconds(30);

    /** The library tells of messages that are lost and of the reason one after the other. */
    private static final Duration REASON = Duration.ofSeconds(2);

    private final ResultMessages messages;
    private final SinkMeters meters;
    private final MqttLink link;
    private final Runnable released;
    private final Duration acknowledgement;

    /** Of the writer's thread. */
    private final Suspicion suspicion = new Suspicion();

    private volatile boolean isUp;
    private boolean wasUp;
    private boolean isClosed;

    ExternalSink(ResultMessages messages, SinkMeters meters, LinkFactory links, Runnable released) {
        this(messages, meters, links, released, ACKNOWLEDGEMENT);
    }

    /** With another patience with the broker, for tests. */
    ExternalSink(
            ResultMessages messages,
            SinkMeters meters,
            LinkFactory links,
            Runnable released,
            Duration acknowledgement) {
        this.messages = messages;
        this.meters = meters;
        this.link = links.link(this);
        this.released = released;
        this.acknowledgement = acknowledgement;
    }

    /** Makes the link of a sink, which is its user. */
    @FunctionalInterface
    interface LinkFactory {
        MqttLink link(MqttLink.User user);
    }

    void start() {
        meters.connected(() -> isUp ? 1 : 0);
        link.start();
    }

    void secretChanged() {
        link.restart();
    }

    @Override
    public List<ItemFailure> write(List<OutputRecord> batch) {
        MqttSession session = link.await(PATIENCE);
        var write = new Write(session, batch);
        for (int i = 0; i < batch.size() && !write.isBroken(); i++) {
            write.settleUntil(i - suspicion.window(MOST_UNDER_WAY) + 1);
            if (!write.isBroken()) {
                write.send(i, batch.get(i));
            }
        }
        write.settleUntil(batch.size());
        List<ItemFailure> failures = write.failures();
        meters.published.add(batch.size() - (long) failures.size());
        return failures;
    }

    /** One batch on its way. */
    private final class Write {
        private final MqttSession session;
        private final List<OutputRecord> batch;
        private final @Nullable CompletionStage<?>[] sent;
        private final List<ItemFailure> failures = new ArrayList<>(0);
        private int begun;
        private int settled;
        private @Nullable ItemFailure broken;

        Write(MqttSession session, List<OutputRecord> batch) {
            this.session = session;
            this.batch = batch;
            this.sent = new CompletionStage<?>[batch.size()];
        }

        boolean isBroken() {
            return broken != null;
        }

        void send(int index, OutputRecord record) {
            Optional<String> problem = ResultMessages.problemOfTopic(record.destination());
            if (problem.isPresent()) {
                sent[index] =
                        CompletableFuture.failedFuture(MillraceException.invalid(problem.get()));
                return;
            }
            MillraceException end = session.ended().getNow(null);
            if (end != null) {
                sent[index] =
                        CompletableFuture.failedFuture(
                                new MillraceException(ErrorCode.UNAVAILABLE, end.text(), end));
                return;
            }
            try {
                begun = index + 1;
                sent[index] = session.publish(messages.of(record));
            } catch (RuntimeException e) {
                // The library checks some things at once. It never left, so the broker is not
                // asked.
                sent[index] = CompletableFuture.failedFuture(isLoss(e) ? unsent(e) : e);
            }
        }

        /** Waits for the answers to all records before an index, in order. */
        void settleUntil(int end) {
            while (settled < end && broken == null) {
                int index = settled++;
                CompletionStage<?> stage = sent[index];
                if (stage != null) {
                    settle(index, stage);
                }
            }
        }

        private void settle(int index, CompletionStage<?> stage) {
            try {
                // The library ends them with the connection, and tells of answers that came before.
                Waiting.answer(stage.thenApply(_ -> true), "PUBLISH", acknowledgement);
                suspicion.passed();
            } catch (ExecutionException e) {
                failed(index, BrokerFailure.unwrapped(e));
            } catch (MillraceException e) {
                // A broker that does not answer is as good as away: a new connection may do better.
                session.ended().complete(e);
                broken = new ItemFailure(index, ErrorCode.UNAVAILABLE, e.text());
            }
        }

        private void failed(int index, Throwable cause) {
            boolean isLoss = isLoss(cause);
            if (isLoss) {
                awaitReason();
            }
            ItemFailure failure = failure(index, cause, session);
            if (isLoss && suspicion.lost(session, batch.get(index), Math.max(1, begun - index))) {
                failure = toBlame(failure);
            }
            if (failure.code().isTransient()) {
                broken = failure;
            } else {
                meters.refused.increment();
                failures.add(failure);
            }
        }

        private void awaitReason() {
            try {
                var _ = Waiting.answer(session.ended().copy(), "PUBLISH", REASON);
            } catch (ExecutionException | MillraceException _) {
                // It has not ended, or so it seems.
            }
        }

        /** With all behind the one that broke the write. */
        List<ItemFailure> failures() {
            ItemFailure first = broken;
            if (first != null) {
                for (int i = first.index(); i < sent.length; i++) {
                    failures.add(new ItemFailure(i, first.code(), first.reason()));
                }
            }
            return failures;
        }
    }

    /** Whether it is none of the causes that {@link #failure} knows. */
    private static boolean isLoss(Throwable cause) {
        return !(cause instanceof Mqtt5PubAckException
                || cause instanceof MqttEncodeException
                || cause instanceof IllegalArgumentException
                // It was away already.
                || cause instanceof MqttClientStateException
                || cause instanceof MillraceException);
    }

    private static MillraceException unsent(RuntimeException cause) {
        return new MillraceException(
                ErrorCode.UNAVAILABLE, "the message could not be sent: " + cause, cause);
    }

    private static ItemFailure toBlame(ItemFailure last) {
        return new ItemFailure(
                last.index(),
                ErrorCode.INVALID,
                "the broker ends the connection each time that it gets this message, lately: "
                        + last.reason());
    }

    private static ItemFailure failure(int index, Throwable cause, MqttSession session) {
        return switch (cause) {
            case Mqtt5PubAckException refused -> refused(index, refused);
            case MqttEncodeException e ->
                    new ItemFailure(
                            index,
                            ErrorCode.TOO_LARGE,
                            "the broker takes no message of that size: " + e.getMessage());
            case IllegalArgumentException e ->
                    new ItemFailure(
                            index, ErrorCode.INVALID, "not a message of MQTT: " + e.getMessage());
            case MillraceException e -> new ItemFailure(index, e.code(), e.text());
            default -> {
                MillraceException why = session.ended().getNow(null);
                yield new ItemFailure(
                        index,
                        ErrorCode.UNAVAILABLE,
                        why != null ? why.text() : "the connection is lost: " + cause.getMessage());
            }
        };
    }

    private static ItemFailure refused(int index, Mqtt5PubAckException refused) {
        var code = refused.getMqttMessage().getReasonCode();
        String text = "the broker refuses the message (" + code + ")";
        return switch (code) {
            case NOT_AUTHORIZED -> new ItemFailure(index, ErrorCode.DENIED, text);
            case TOPIC_NAME_INVALID, PAYLOAD_FORMAT_INVALID ->
                    new ItemFailure(index, ErrorCode.INVALID, text);
            case QUOTA_EXCEEDED -> new ItemFailure(index, ErrorCode.OVERLOADED, text);
            case SUCCESS,
                    NO_MATCHING_SUBSCRIBERS,
                    UNSPECIFIED_ERROR,
                    IMPLEMENTATION_SPECIFIC_ERROR,
                    PACKET_IDENTIFIER_IN_USE ->
                    // Worth another attempt, and not for ever: the cause may be the message.
                    new ItemFailure(index, ErrorCode.INTERNAL, text);
        };
    }

    @Override
    public long opened(MqttSession session) {
        if (wasUp && !isUp) {
            meters.reconnects.increment();
        }
        return -1;
    }

    @Override
    public void up() {
        isUp = true;
        wasUp = true;
    }

    @Override
    public void down(MillraceException why) {
        isUp = false;
    }

    @Override
    public void closing(MqttSession session, boolean forget) {
        isUp = false;
    }

    @Override
    public void close() {
        synchronized (this) {
            if (isClosed) {
                return;
            }
            isClosed = true;
        }
        link.close();
        meters.forget();
        released.run();
    }
}
