package io.millrace.training.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.DatasetSpec;
import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.SplitSpec;
import io.millrace.spi.DatasetHost;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.LogFaults;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.TestingTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DatasetChecksTest {

    private static final ResourceKey KEY =
            ResourceKey.of(Kind.DATASET, ProjectId.DEFAULT, "digits");

    @TempDir private Path folder;
    private final TestingTime time = new TestingTime();
    private final InMemoryStreamLog log = InMemoryStreamLog.immediate(time, 1);
    private final ArrayDeque<Runnable> work = new ArrayDeque<>();
    private final AtomicInteger changes = new AtomicInteger();

    private DatasetChecks checks() {
        return new DatasetChecks(
                log,
                new Samples(folder, log, time, IdSource.random(), new RecordingMeters()),
                time,
                work::add);
    }

    private DatasetHost.State look(DatasetChecks checks, DatasetSpec spec) {
        time.advance(Duration.ofMinutes(1));
        checks.check(KEY, spec, changes::incrementAndGet);
        work.remove().run();
        return checks.observe(KEY).orElseThrow();
    }

    @Test
    void countsRecordsAndSaysWhatTheyAreLike() {
        log.ensureTopics(List.of("digits"));
        for (int i = 0; i < 5; i++) {
            Given.send(log, "digits", 1, i, i);
        }
        DatasetChecks checks = checks();
        assertThat(checks.observe(KEY)).isEmpty();
        assertThat(look(checks, Given.bytes("digits:0:1:5", SplitSpec.NONE)))
                .isEqualTo(new DatasetHost.State(4, 0, "input uint8 2, label uint8 1", "", ""));
        assertThat(changes).hasValue(1);
        look(checks, Given.bytes("digits:0:1:5", SplitSpec.NONE));
        assertThat(changes).hasValue(1);
        checks.remove(KEY);
        assertThat(checks.observe(KEY)).isEmpty();
    }

    @Test
    void looksAgainOnlyAfterAWhile() {
        log.ensureTopics(List.of("digits"));
        DatasetChecks checks = checks();
        DatasetSpec spec = Given.bytes("digits", SplitSpec.NONE);
        look(checks, spec);
        checks.check(KEY, spec, changes::incrementAndGet);
        assertThat(work).isEmpty();
        checks.check(KEY, Given.bytes("digits:0", SplitSpec.NONE), changes::incrementAndGet);
        checks.check(KEY, spec, changes::incrementAndGet);
        assertThat(work).hasSize(1);
    }

    @Test
    void faultsHaveAWordAndASentence() {
        log.ensureTopics(List.of("digits", "odd"));
        Given.send(log, "digits", 1, 1, 1);
        Given.send(log, "odd", new byte[] {1}, new byte[3]);
        DatasetChecks checks = checks();
        assertThat(look(checks, Given.bytes("none:0:0:5", SplitSpec.NONE)).fault())
                .isEqualTo("TopicMissing");
        assertThat(look(checks, Given.bytes("digits:0:0:5", SplitSpec.NONE)).fault())
                .isEqualTo("BeyondEnd");
        assertThat(look(checks, Given.bytes("digits:0:1:1", SplitSpec.NONE)).fault())
                .isEqualTo("Empty");
        DatasetHost.State odd = look(checks, Given.bytes("odd:0:0:1", SplitSpec.NONE));
        assertThat(odd.fault()).isEqualTo("NotDecodable");
        assertThat(odd.message())
                .contains("the first record, odd/0/0")
                .contains("uint8 of shape [2], which is 2 bytes, got 3 bytes");
        log.withFaults(LogFaults.none().failingPolls(() -> true));
        assertThat(look(checks, Given.bytes("digits:0:0:1", SplitSpec.NONE)).fault())
                .isEqualTo("LogUnavailable");
    }

    @Test
    void retentionIsAFaultOfClosedRangesOnly() {
        log.ensureTopics(List.of("digits"));
        for (int i = 0; i < 5; i++) {
            Given.send(log, "digits", 1, i, i);
        }
        var checks =
                new DatasetChecks(
                        new ShortenedLog(log, 3),
                        new Samples(folder, log, time, IdSource.random(), new RecordingMeters()),
                        time,
                        work::add);
        assertThat(look(checks, Given.bytes("digits:0:1:5", SplitSpec.NONE)).fault())
                .isEqualTo("RetentionRemoved");
        assertThat(look(checks, Given.bytes("digits:0:1", SplitSpec.NONE)).records()).isEqualTo(2);
    }

    @Test
    void aLiveStreamMayHaveNothingYet() {
        DatasetChecks checks = checks();
        assertThat(look(checks, Given.bytes("later", SplitSpec.NONE)))
                .isEqualTo(new DatasetHost.State(0, 0, "", "", ""));
        log.ensureTopics(List.of("later"));
        assertThat(look(checks, Given.bytes("later", SplitSpec.NONE)).fault()).isEmpty();
        Given.send(log, "later", 1, 2, 3);
        assertThat(look(checks, Given.bytes("later", SplitSpec.NONE)).records()).isEqualTo(1);
    }
}
