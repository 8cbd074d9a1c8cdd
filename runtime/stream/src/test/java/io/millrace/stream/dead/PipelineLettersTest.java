package io.millrace.stream.dead;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.spi.LetterJob.Action;
import io.millrace.spi.OffsetRange;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.TestingTime;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PipelineLettersTest {

    private static final ResourceKey PIPELINE =
            ResourceKey.of(Kind.PIPELINE, new ProjectId("shop"), "sorter");
    private static final long STANDARD_BYTES = 1 << 20;
    private static final long LARGE_OFFSET = 1_000_000_000_000_000_000L;
    private static final int RUNS = 60_000;

    @Test
    void eachPartOfASummaryFitsIntoATopicOfTheStandardSize() {
        var time = new TestingTime();
        var log = InMemoryStreamLog.immediate(time, 1).withMostBytes(STANDARD_BYTES);
        var letters = new PipelineLetters(log, time, PIPELINE);
        letters.ensureTopics();
        var scattered = new ArrayList<OffsetRange>();
        for (int i = 0; i < RUNS; i++) {
            long from = LARGE_OFFSET + 3L * i;
            scattered.add(new OffsetRange(from, from + 2));
        }
        letters.taken(
                new LedgerEntry.Settled(
                        "j", Action.DROP, Map.of(0, scattered), Map.of(), 2L * RUNS, 0));

        letters.refresh();

        assertThat(log.records(letters.topics().settled())).hasSize(6);
        assertThat(new PipelineLetters(log, time, PIPELINE).counts().dropped())
                .isEqualTo(2L * RUNS);
    }
}
