package io.millrace.kafkaml;

import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.websocket.WsListener;
import io.helidon.websocket.WsSession;
import io.helidon.websocket.WsUpgradeException;
import io.millrace.api.MillraceException;
import io.millrace.api.ReservedTopics;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.StreamLog;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Shows predictions as they come: the client names a topic, and gets a text for each record that is
 * written to it from then on. A second message of the client changes the topic.
 */
final class PredictionSocket implements WsListener {

    private static final Logger LOG = LoggerFactory.getLogger(PredictionSocket.class);
    private static final int BATCH = 500;
    private static final int MAX_MESSAGE = 64 << 10;
    private static final int TOO_BIG = 1009;
    private static final Duration MOMENT = Duration.ofMillis(200);

    private final StreamLog log;
    private final CallerRule callers;
    private final AtomicReference<@Nullable Thread> following = new AtomicReference<>();
    private final StringBuilder message = new StringBuilder();
    private boolean isRefused;

    PredictionSocket(StreamLog log, CallerRule callers) {
        this.log = log;
        this.callers = callers;
    }

    /** A browser lets pages of any site open sockets here, and asks nobody before. */
    @Override
    public Optional<Headers> onHttpUpgrade(HttpPrologue prologue, Headers headers)
            throws WsUpgradeException {
        String host = headers.first(HeaderNames.HOST).orElse("");
        String origin = headers.first(HeaderNames.ORIGIN).orElse("");
        if (!callers.isAllowed(host, origin)) {
            throw new WsUpgradeException("web pages of other sites are refused");
        }
        return Optional.empty();
    }

    @Override
    public void onMessage(WsSession session, String text, boolean isLast) {
        if (isRefused) {
            return;
        }
        if (text.length() > MAX_MESSAGE - message.length()) {
            isRefused = true;
            message.setLength(0);
            follow(null);
            session.close(TOO_BIG, "expected at most " + MAX_MESSAGE + " characters");
            return;
        }
        message.append(text);
        if (!isLast) {
            return;
        }
        String whole = message.toString();
        message.setLength(0);
        try {
            Body wanted = Body.parse(whole);
            String topic = wanted.requiredText("topic");
            ReservedTopics.problem(topic)
                    .ifPresent(problem -> {
                        throw Body.problem("topic", problem);
                    });
            boolean isClass = wanted.flag("classification");
            follow(
                    Thread.ofVirtual()
                            .name("predictions-" + topic)
                            .unstarted(() -> run(session, topic, isClass)));
        } catch (MillraceException e) {
            session.send(e.text(), true);
        }
    }

    private void follow(@Nullable Thread next) {
        Thread before = following.getAndSet(next);
        if (before != null) {
            before.interrupt();
        }
        if (next != null) {
            next.start();
        }
    }

    private boolean isFollowed() {
        return Thread.currentThread().equals(following.get());
    }

    private void run(WsSession session, String topic, boolean isClass) {
        try (LogReader reader = log.reader(BATCH)) {
            Map<LogPartition, Long> places = ends(reader, topic);
            while (isFollowed()) {
                Map<LogPartition, OffsetRange> news = news(reader, topic, places);
                if (news.isEmpty()) {
                    if (reader.poll(MOMENT).isEmpty()) {
                        continue;
                    }
                }
                reader.seek(news);
                while (isFollowed() && !reader.isAtEnd()) {
                    for (LogRecord record : reader.poll(MOMENT)) {
                        session.send(shown(record, isClass), true);
                    }
                }
                news.forEach((partition, range) -> places.put(partition, range.to()));
            }
        } catch (MillraceException | IllegalStateException | java.io.UncheckedIOException e) {
            if (isFollowed()) {
                LOG.debug("Predictions of {} are not shown any more: {}", topic, e.toString());
            }
        }
    }

    private static Map<LogPartition, Long> ends(LogReader reader, String topic) {
        Map<LogPartition, Long> ends = new HashMap<>();
        reader.ranges(List.of(topic))
                .forEach((partition, range) -> ends.put(partition, range.to()));
        return ends;
    }

    /** A topic that is made later is shown from its beginning. */
    private static Map<LogPartition, OffsetRange> news(
            LogReader reader, String topic, Map<LogPartition, Long> places) {
        Map<LogPartition, OffsetRange> news = new HashMap<>();
        reader.ranges(List.of(topic))
                .forEach((partition, range) -> {
                    long from = Math.max(range.from(), places.getOrDefault(partition, 0L));
                    if (range.to() > from) {
                        news.put(partition, new OffsetRange(from, range.to()));
                    }
                });
        return news;
    }

    /** The class with the highest value, or the answer as it is. */
    static String shown(LogRecord record, boolean isClass) {
        String text = new String(record.value(), StandardCharsets.UTF_8);
        if (!isClass) {
            return text;
        }
        try {
            JsonNode values = Body.JSON.readTree(text).path("values");
            int best = -1;
            double highest = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < values.size(); i++) {
                if (values.get(i).asDouble() > highest) {
                    highest = values.get(i).asDouble();
                    best = i;
                }
            }
            return best < 0 ? text : Integer.toString(best);
        } catch (JacksonException e) {
            return text;
        }
    }

    @Override
    public void onClose(WsSession session, int status, String reason) {
        follow(null);
    }

    @Override
    public void onError(WsSession session, Throwable failure) {
        follow(null);
    }
}
