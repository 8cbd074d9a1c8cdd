package io.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.OutgoingRecord;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.RecordingMeters;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DiskGuardTest {

    private final AtomicLong free = new AtomicLong(500L << 20);
    private final Readiness readiness = new Readiness();
    private final RecordingMeters meters = new RecordingMeters();
    private final InMemoryStreamLog log = InMemoryStreamLog.immediate(TimeSource.system(), 1);

    @Test
    void nothingIsTakenWhileTheDiskIsNearlyFull() {
        log.ensureTopics(Set.of("t"));
        try (DiskGuard guard =
                DiskGuard.start(
                        Path.of("/data"),
                        DataSize.ofMebibytes(100),
                        free::get,
                        meters,
                        TimeSource.system(),
                        readiness)) {
            var guarded = new GuardedStreamLog(log, guard);
            assertThat(append(guarded)).isNull();
            assertThat(readiness.isReady()).isTrue();

            free.set(99L << 20);
            await().atMost(30, TimeUnit.SECONDS).until(() -> guard.problem().isPresent());
            assertThat(append(guarded))
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            e -> {
                                assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                                assertThat(e.text())
                                        .contains("disk.reserve")
                                        .doesNotContain("/data");
                            });
            assertThat(guard.problem().orElseThrow()).contains("/data", "99 MB", "disk.reserve");
            assertThat(readiness.isReady()).isFalse();
            assertThat(log.records("t")).hasSize(1);

            free.set(105L << 20);
            free.set(200L << 20);
            await().atMost(30, TimeUnit.SECONDS).until(() -> guard.problem().isEmpty());
            assertThat(append(guarded)).isNull();
            assertThat(readiness.isReady()).isTrue();
        }
    }

    @Test
    void aTransactionIsRefusedByItsAppendsSoThatItsWriterWaitsAndGoesOn() {
        log.ensureTopics(Set.of("t"));
        try (DiskGuard guard =
                DiskGuard.start(
                        Path.of("/data"),
                        DataSize.ofMebibytes(100),
                        free::get,
                        meters,
                        TimeSource.system(),
                        readiness)) {
            LogTransactor transactor = new GuardedStreamLog(log, guard).transactor("writer");
            free.set(99L << 20);
            await().until(() -> guard.problem().isPresent());

            transactor.begin();
            assertThat(append(transactor)).isInstanceOf(MillraceException.class);
            transactor.abort();

            transactor.begin();
            assertThat(append(transactor)).isInstanceOf(MillraceException.class);
            assertThatExceptionOfType(MillraceException.class)
                    .isThrownBy(transactor::commit)
                    .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
            assertThat(log.records("t")).isEmpty();

            // That its time was up meanwhile does not hide what it was.
            LogTransactor late = new GuardedStreamLog(log, guard).transactor("late");
            late.begin();
            assertThat(append(late)).isInstanceOf(MillraceException.class);
            log.expireTransactions();
            assertThatExceptionOfType(MillraceException.class)
                    .isThrownBy(late::commit)
                    .satisfies(e -> {
                        assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                        assertThat(e.text()).contains("disk.reserve");
                        assertThat(e.getSuppressed()).hasSize(1);
                    });

            free.set(200L << 20);
            await().until(() -> guard.problem().isEmpty());
            transactor.begin();
            assertThat(append(transactor)).isNull();
            transactor.commit();
            assertThat(log.records("t")).hasSize(1);
        }
    }

    private static @Nullable Exception append(LogTransactor transactor) {
        var failure = new AtomicReference<@Nullable Exception>();
        transactor.append(new OutgoingRecord("t", null, new byte[1], List.of(), 0), failure::set);
        return failure.get();
    }

    private static @Nullable Exception append(GuardedStreamLog log) {
        var failure = new AtomicReference<@Nullable Exception>();
        log.append(new OutgoingRecord("t", null, new byte[1], List.of(), 0), failure::set);
        return failure.get();
    }
}
