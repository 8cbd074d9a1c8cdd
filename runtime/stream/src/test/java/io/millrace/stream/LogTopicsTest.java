package io.millrace.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ResourceKey;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.TestingTime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class LogTopicsTest {

    private static final PipelineSpec.KafkaOutput REPLY =
            new PipelineSpec.KafkaOutput("declared", Optional.empty(), true, List.of(), 1);

    private static final ResourceKey OTHER = ResourceKey.of(Kind.PIPELINE, Plans.PROJECT, "other");

    private final TestingTime time = new TestingTime();
    private final ReplyTopics made = new ReplyTopics();
    private final AtomicBoolean isAway = new AtomicBoolean();
    private final AskingLog log =
            new AskingLog(InMemoryStreamLog.immediate(time, 1), _ -> isAway.get());

    private LogTopics topics() {
        return LogTopics.of(log, time, Plans.KEY, 0, REPLY, made);
    }

    private static void assertRefused(LogTopics topics, String topic, ErrorCode code) {
        assertThatExceptionOfType(MillraceException.class)
                .isThrownBy(() -> topics.require(topic, true))
                .satisfies(e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void asksWithOneReaderAndNotForEachRecordThatAsksForATopicTooMany() {
        try (LogTopics topics = topics()) {
            topics.require("one", true);
            for (int i = 0; i < 10; i++) {
                assertRefused(topics, "two", ErrorCode.TOO_LARGE);
            }
            assertRefused(topics, "three", ErrorCode.TOO_LARGE);
            assertThat(log.asked()).isEqualTo(3);
            assertThat(log.opened()).isEqualTo(1);

            log.ensureTopics(Set.of("two"));
            time.advance(Duration.ofSeconds(6));
            topics.require("two", true);
            assertThat(log.opened()).isEqualTo(1);
            assertThat(log.closed()).isZero();
        }
        assertThat(log.closed()).isEqualTo(1);
    }

    @Test
    void eachOutputOfEachPipelineHasABudgetThatAnEditDoesNotRenew() {
        try (LogTopics topics = topics();
                LogTopics other = LogTopics.of(log, time, OTHER, 0, REPLY, made);
                LogTopics second = LogTopics.of(log, time, Plans.KEY, 1, REPLY, made)) {
            topics.require("one", true);
            other.require("two", true);
            second.require("three", true);
            assertRefused(topics, "four", ErrorCode.TOO_LARGE);
        }
        var edited = new PipelineSpec.KafkaOutput("renamed", Optional.empty(), true, List.of(), 1);
        try (LogTopics topics = LogTopics.of(log, time, Plans.KEY, 0, edited, made)) {
            assertRefused(topics, "five", ErrorCode.TOO_LARGE);
        }
        made.forget(Plans.KEY);
        try (LogTopics topics = topics();
                LogTopics other = LogTopics.of(log, time, OTHER, 0, REPLY, made)) {
            topics.require("six", true);
            assertRefused(other, "seven", ErrorCode.TOO_LARGE);
        }
    }

    @Test
    void aReaderThatFailedIsReplacedAndNothingIsRefusedForIt() {
        try (LogTopics topics = topics()) {
            isAway.set(true);
            assertRefused(topics, "one", ErrorCode.UNAVAILABLE);
            assertThat(log.closed()).isEqualTo(1);
            isAway.set(false);
            topics.require("one", true);
            assertThat(log.opened()).isEqualTo(2);
        }
        assertThat(log.closed()).isEqualTo(2);
    }
}
