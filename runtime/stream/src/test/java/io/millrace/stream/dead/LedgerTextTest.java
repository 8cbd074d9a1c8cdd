package io.millrace.stream.dead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.MillraceException;
import io.millrace.spi.LetterFilter;
import io.millrace.spi.LetterJob;
import io.millrace.spi.LetterPosition;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.OutgoingRecord;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LedgerTextTest {

    @Test
    void readsWhatItWrote() {
        var filter =
                new LetterFilter(
                        Set.of(new LetterPosition(0, 5), new LetterPosition(3, 1L << 40)),
                        "USER_CODE",
                        "function/ü",
                        "line one\nline two; 0:1,2",
                        "model/m@3",
                        "a key",
                        17,
                        18);
        List<LedgerEntry> entries =
                List.of(
                        new LedgerEntry.Started(
                                "job",
                                LetterJob.Action.REDRIVE,
                                filter,
                                Map.of(0, new OffsetRange(3, 9), 2, new OffsetRange(0, 1)),
                                1),
                        new LedgerEntry.Started(
                                "none", LetterJob.Action.DROP, LetterFilter.ALL, Map.of(), 2),
                        new LedgerEntry.Settled(
                                "job",
                                LetterJob.Action.DROP,
                                Map.of(
                                        0,
                                        List.of(new OffsetRange(3, 4), new OffsetRange(6, 9)),
                                        1,
                                        List.of(new OffsetRange(0, 100_000))),
                                Map.of(0, 9L, 1, 100_000L),
                                4,
                                3),
                        new LedgerEntry.Ended("job", LetterJob.State.FAILED, "why: so; 1", 4),
                        new LedgerEntry.Summary(
                                Map.of(0, List.of(new OffsetRange(1, 2))), Map.of(), false, 5),
                        new LedgerEntry.Summary(
                                Map.of(), Map.of(1, List.of(new OffsetRange(1, 2))), true, 6));
        for (LedgerEntry entry : entries) {
            assertThat(LedgerText.read(stored(LedgerText.write("t", entry)))).isEqualTo(entry);
        }
    }

    @Test
    void refusesWhatIsNoEntry() {
        var stranger = new OutgoingRecord("t", null, new byte[0], List.of(), 1);
        assertThatThrownBy(() -> LedgerText.read(stored(stranger)))
                .isInstanceOf(MillraceException.class);
    }

    private static LogRecord stored(OutgoingRecord record) {
        return new LogRecord(
                new LogPartition(record.topic(), 0),
                0,
                record.key(),
                record.value(),
                record.headers(),
                record.timestampMillis());
    }
}
