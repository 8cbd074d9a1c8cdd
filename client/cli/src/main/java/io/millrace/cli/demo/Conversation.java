package io.millrace.cli.demo;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Sends pictures at a steady pace and shows each answer as it comes; one thread does both. */
final class Conversation {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final FashionSample sample;
    private final Consumer<byte[]> publish;
    private final BlockingQueue<CameraEvent> events;
    private final Scoreboard scores;
    private final DemoScreen screen;
    private final TimeSource time;
    private int nextId;

    Conversation(
            FashionSample sample,
            Consumer<byte[]> publish,
            BlockingQueue<CameraEvent> events,
            Scoreboard scores,
            DemoScreen screen,
            TimeSource time) {
        this.sample = sample;
        this.publish = publish;
        this.events = events;
        this.scores = scores;
        this.screen = screen;
        this.time = time;
    }

    /** Sends so many pictures, then waits for the answers that are still to come. */
    void exchange(int count, Duration interval) {
        long next = time.nanoTime();
        for (int sent = 0; sent < count && !isOver(); sent++) {
            hearUntil(next, false);
            send();
            next = Math.max(next + interval.toNanos(), time.nanoTime());
        }
        hearUntil(time.nanoTime() + PATIENCE.toNanos(), true);
    }

    /** Goes on until nobody looks any more or the thread is interrupted. */
    void goOn(Duration interval) {
        while (!isOver()) {
            send();
            hearUntil(time.nanoTime() + interval.toNanos(), false);
        }
    }

    private boolean isOver() {
        return screen.isAbandoned() || Thread.currentThread().isInterrupted();
    }

    private void send() {
        int id = nextId++;
        byte[] message = PictureMessage.encode(sample.picture(id), id);
        scores.sent(id, sample.label(id), time.nanoTime());
        publish.accept(message);
    }

    private void hearUntil(long deadline, boolean onlyWhileWaiting) {
        while (!isOver() && !(onlyWhileWaiting && scores.waiting() == 0)) {
            CameraEvent event = poll(deadline - time.nanoTime());
            if (event == null) {
                return;
            }
            switch (event) {
                case CameraEvent.Answer answer -> show(answer);
                case CameraEvent.Broken(String reason) ->
                        throw new MillraceException(ErrorCode.UNAVAILABLE, reason);
            }
        }
    }

    private @Nullable CameraEvent poll(long nanos) {
        try {
            return events.poll(Math.max(0, nanos), TimeUnit.NANOSECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private void show(CameraEvent.Answer message) {
        JsonNode answer = parse(message.payload());
        int id = answer.path("id").asInt(-1);
        String label = answer.path("label").asString("");
        if (id < 0 || label.isEmpty()) {
            screen.note("an answer of " + message.payload().length + " bytes is no prediction");
            return;
        }
        double confidence = answer.path("confidence").asDouble(Double.NaN);
        scores.answered(id, label, message.nanos())
                .ifPresent(outcome -> screen.outcome(sample.picture(id), outcome, confidence));
    }

    private static JsonNode parse(byte[] payload) {
        try {
            return JsonMapper.shared().readTree(payload);
        } catch (JacksonException _) {
            return JsonMapper.shared().missingNode();
        }
    }
}
