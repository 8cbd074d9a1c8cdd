package io.millrace.stream.dead;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.spi.DeadLetter.Fate;
import io.millrace.spi.LetterFilter;
import io.millrace.spi.LetterJob;
import io.millrace.spi.LetterJob.Action;
import io.millrace.spi.OffsetRange;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LedgerTest {

    private static final LedgerEntry STARTED =
            new LedgerEntry.Started(
                    "j", Action.REDRIVE, LetterFilter.ALL, Map.of(0, new OffsetRange(10, 30)), 1);
    private static final LedgerEntry SETTLED =
            new LedgerEntry.Settled(
                    "j",
                    Action.REDRIVE,
                    Map.of(0, List.of(new OffsetRange(10, 15))),
                    Map.of(0, 20L),
                    5,
                    2);

    private final Ledger ledger = new Ledger();

    @Test
    void anEntryThatIsReadAgainChangesNothing() {
        for (int i = 0; i < 3; i++) {
            ledger.take(STARTED);
            ledger.take(SETTLED);
        }
        LetterJob job = ledger.job("j").orElseThrow();
        assertThat(job.settled()).isEqualTo(5);
        assertThat(job.looked()).isEqualTo(10);
        assertThat(job.total()).isEqualTo(20);
        assertThat(ledger.redrivenCount()).isEqualTo(5);
        assertThat(ledger.rest("j")).containsOnly(Map.entry(0, new OffsetRange(20, 30)));
        ledger.take(new LedgerEntry.Ended("j", LetterJob.State.DONE, "", 3));
        ledger.take(STARTED);
        ledger.take(SETTLED);
        assertThat(ledger.firstOpen()).isEmpty();
        assertThat(ledger.job("j").orElseThrow().looked()).isEqualTo(20);
    }

    @Test
    void aSummaryStandsForEntriesThatTheLogForgets() {
        ledger.take(STARTED);
        ledger.take(SETTLED);
        assertThat(ledger.needsSummary(2)).isFalse();
        assertThat(ledger.needsSummary(3)).isTrue();
        LedgerEntry.Summary summary = ledger.summaries(4, 100).getFirst();
        ledger.take(summary);
        assertThat(ledger.needsSummary(3)).isFalse();
        assertThat(ledger.needsSummary(5)).isTrue();
        var later = new Ledger();
        later.take(summary);
        assertThat(later.fate(0, 10)).isEqualTo(Fate.REDRIVEN);
        assertThat(later.fate(0, 14)).isEqualTo(Fate.REDRIVEN);
        assertThat(later.fate(0, 15)).isEqualTo(Fate.OPEN);
        // The log will forget the summary as well.
        assertThat(later.needsSummary(5)).isTrue();
    }

    @Test
    void aSummaryOfManyScatteredLettersIsWrittenInPartsOfWhichTheLastOneCounts() {
        var scattered = new java.util.ArrayList<OffsetRange>();
        for (int i = 0; i < 25; i++) {
            scattered.add(new OffsetRange(2L * i, 2L * i + 1));
        }
        Map<Integer, List<OffsetRange>> letters = Map.of(0, scattered, 1, scattered);
        ledger.take(new LedgerEntry.Settled("j", Action.REDRIVE, letters, Map.of(), 50, 2));
        ledger.take(
                new LedgerEntry.Settled(
                        "j",
                        Action.DROP,
                        Map.of(2, List.of(new OffsetRange(7, 9))),
                        Map.of(),
                        2,
                        2));

        List<LedgerEntry.Summary> parts = ledger.summaries(4, 10);

        assertThat(parts).hasSize(6);
        assertThat(parts)
                .allSatisfy(part -> {
                    int runs = 0;
                    for (List<OffsetRange> of : part.redriven().values()) {
                        runs += of.size();
                    }
                    assertThat(runs).isLessThanOrEqualTo(10);
                });
        var later = new Ledger();
        for (LedgerEntry.Summary part : parts) {
            // Until the last part is written nobody relies on it.
            assertThat(later.needsSummary(4)).isFalse();
            later.take(part);
            assertThat(later.needsSummary(5)).isTrue();
        }
        assertThat(later.redrivenCount()).isEqualTo(50);
        assertThat(later.droppedCount()).isEqualTo(2);
        assertThat(later.fate(1, 48)).isEqualTo(Fate.REDRIVEN);
        assertThat(later.fate(2, 8)).isEqualTo(Fate.DROPPED);
        assertThat(later.fate(1, 49)).isEqualTo(Fate.OPEN);
        var interrupted = new Ledger();
        interrupted.take(SETTLED);
        interrupted.take(parts.getFirst());
        assertThat(interrupted.needsSummary(3)).as("as if none had been written").isTrue();
        interrupted.take(parts.getLast());
        assertThat(interrupted.needsSummary(3)).isFalse();
    }

    @Test
    void forgetsLettersThatTheLogDoesNotHold() {
        ledger.take(SETTLED);
        ledger.forgetBefore(0, 13);
        assertThat(ledger.redrivenCount()).isEqualTo(2);
        ledger.forgetBefore(0, 100);
        assertThat(ledger.needsSummary(Long.MAX_VALUE)).isFalse();
    }

    @Test
    void keepsTheLastHundredJobsThatHaveEnded() {
        for (int i = 0; i < 150; i++) {
            ledger.take(
                    new LedgerEntry.Started("j" + i, Action.DROP, LetterFilter.ALL, Map.of(), i));
            if (i > 0) {
                ledger.take(new LedgerEntry.Ended("j" + i, LetterJob.State.DONE, "", i));
            }
        }
        assertThat(ledger.jobs()).hasSizeLessThanOrEqualTo(101);
        assertThat(ledger.firstOpen().orElseThrow().id()).isEqualTo("j0");
    }
}
