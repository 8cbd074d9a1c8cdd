package io.millrace.stream.dead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.IdSource;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.spi.DeadLetter;
import io.millrace.spi.DeadLetter.Fate;
import io.millrace.spi.DeadLetterBox;
import io.millrace.spi.DeadLetterBox.Counts;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LetterFilter;
import io.millrace.spi.LetterJob;
import io.millrace.spi.LetterPosition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OutgoingRecord;
import io.millrace.testkit.InMemoryStreamLog;
import io.millrace.testkit.LogFaults;
import io.millrace.testkit.RecordingMeters;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code -Dmillrace.letters=100000} is the long form. */
@Timeout(120)
class DeadLetterDeskTest {

    private static final int MANY = Integer.getInteger("millrace.letters", 2_000);
    private static final ResourceKey PIPELINE =
            ResourceKey.of(Kind.PIPELINE, new ProjectId("shop"), new ResourceName("sorter"));
    private static final LetterTopics TOPICS = LetterTopics.of(PIPELINE);

    private final TimeSource time = TimeSource.system();
    private final InMemoryStreamLog log = InMemoryStreamLog.immediate(time, 3);
    private DeadLetterDesk desk =
            new DeadLetterDesk(log, time, IdSource.random(), new RecordingMeters());

    @AfterEach
    void close() {
        desk.close();
    }

    // ---- looking

    @Test
    void aPipelineWithoutTopicsHasAnEmptyBox() {
        assertThat(list(LetterFilter.ALL, Fate.OPEN)).isEmpty();
        assertThat(desk.counts(PIPELINE)).isEqualTo(new Counts(0, 0, 0));
        assertThat(desk.find(PIPELINE, LetterPosition.START)).isEmpty();
        assertThat(desk.jobs(PIPELINE)).isEmpty();
        desk.resume(PIPELINE);
        LetterJob job = ended(start(LetterJob.Action.REDRIVE, LetterFilter.ALL));
        assertThat(job.state()).isEqualTo(LetterJob.State.DONE);
        assertThat(job.settled()).isZero();
    }

    @Test
    void pagesThroughAllLettersOnce() {
        letters(25);
        var seen = new ArrayList<LetterPosition>();
        Optional<LetterPosition> from = Optional.of(LetterPosition.START);
        while (from.isPresent()) {
            DeadLetterBox.Page page =
                    desk.list(PIPELINE, LetterFilter.ALL, Set.of(Fate.OPEN), from.get(), 7);
            assertThat(page.letters()).hasSizeLessThanOrEqualTo(7);
            page.letters().forEach(letter -> seen.add(letter.place()));
            from = page.next();
        }
        assertThat(seen).hasSize(25).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void filtersByAllThatIsKnown() {
        letter("1", "USER_CODE", "step 1 function/classify", "KeyError: 'image'", 1_000);
        letter("2", "INVALID", "step 2 model/net", "expected 784 bytes, got 3", 2_000);
        letter("3", "INVALID", "output kafka/out", "the destination needs a header", 3_000);
        assertThat(keys(filter("invalid", "", "", "", "", 0, Long.MAX_VALUE)))
                .containsExactly("2", "3");
        assertThat(keys(filter("", "model/", "", "", "", 0, Long.MAX_VALUE))).containsExactly("2");
        assertThat(keys(filter("", "", "keyerror", "", "", 0, Long.MAX_VALUE)))
                .containsExactly("1");
        assertThat(keys(filter("", "", "", "function/classify", "", 0, Long.MAX_VALUE)))
                .containsExactly("1");
        assertThat(keys(filter("", "", "", "model/digits@3", "", 0, Long.MAX_VALUE)))
                .containsExactly("1", "2", "3");
        assertThat(keys(filter("", "", "", "model/digits@4", "", 0, Long.MAX_VALUE))).isEmpty();
        assertThat(keys(filter("", "", "", "", "3", 0, Long.MAX_VALUE))).containsExactly("3");
        assertThat(keys(filter("", "", "", "", "", 2_000, 3_000))).containsExactly("2");
        assertThat(keys(filter("INVALID", "model", "784", "", "2", 0, 2_001))).containsExactly("2");
    }

    @Test
    void showsOneLetterWithAllOfItsPayload() {
        String longText = "x".repeat(5_000);
        put("k", longText, "INVALID", "s", "r", 1);
        DeadLetter listed = list(LetterFilter.ALL, Fate.OPEN).getFirst();
        assertThat(listed.payload()).hasSize(1_024);
        assertThat(listed.payloadBytes()).isEqualTo(5_000);
        DeadLetter shown = desk.find(PIPELINE, listed.place()).orElseThrow();
        assertThat(new String(shown.payload(), StandardCharsets.UTF_8)).isEqualTo(longText);
        assertThat(desk.find(PIPELINE, new LetterPosition(0, 999))).isEmpty();
        assertThat(desk.find(PIPELINE, new LetterPosition(77, 0))).isEmpty();
    }

    // ---- redriving and dropping

    @Test
    void redrivesAllAndDoesItOnce() {
        letters(MANY);
        LetterJob job = ended(start(LetterJob.Action.REDRIVE, LetterFilter.ALL));
        assertThat(job.state()).isEqualTo(LetterJob.State.DONE);
        assertThat(job.settled()).isEqualTo(MANY);
        assertThat(job.looked()).isEqualTo(job.total());
        assertThat(retried()).hasSize(MANY).doesNotHaveDuplicates();
        assertThat(desk.counts(PIPELINE)).isEqualTo(new Counts(0, MANY, 0));
        assertThat(ended(start(LetterJob.Action.REDRIVE, LetterFilter.ALL)).settled()).isZero();
        assertThat(retried()).hasSize(MANY);
        assertThat(list(LetterFilter.ALL, Fate.OPEN)).isEmpty();
    }

    @Test
    void aJobTakesWhatWasThereWhenItStarted() {
        letters(3);
        LetterJob job = start(LetterJob.Action.DROP, LetterFilter.ALL);
        letter("late", "INVALID", "s", "r", 1);
        assertThat(ended(job).settled()).isEqualTo(3);
        assertThat(keys(LetterFilter.ALL)).containsExactly("late");
    }

    @Test
    void dropsSomeAndRedrivesOthers() {
        letters(10);
        List<DeadLetter> all = list(LetterFilter.ALL, Fate.OPEN);
        var two = Set.of(all.get(3).place(), all.get(7).place());
        assertThat(ended(start(LetterJob.Action.DROP, LetterFilter.at(two))).settled())
                .isEqualTo(2);
        assertThat(list(LetterFilter.ALL, Fate.DROPPED))
                .extracting(DeadLetter::place)
                .containsExactlyInAnyOrderElementsOf(two);
        assertThat(ended(start(LetterJob.Action.REDRIVE, LetterFilter.ALL)).settled()).isEqualTo(8);
        assertThat(desk.counts(PIPELINE)).isEqualTo(new Counts(0, 8, 2));
        assertThat(desk.find(PIPELINE, all.get(3).place()).orElseThrow().fate())
                .isEqualTo(Fate.DROPPED);
        assertThat(log.records(TOPICS.retries())).hasSize(8);
    }

    @Test
    void anotherDeskKnowsWhatThisOneDid() {
        letters(50);
        ended(start(LetterJob.Action.REDRIVE, filter("", "", "", "", "7", 0, Long.MAX_VALUE)));
        reopen();
        assertThat(desk.counts(PIPELINE)).isEqualTo(new Counts(49, 1, 0));
        assertThat(desk.jobs(PIPELINE))
                .singleElement()
                .satisfies(job -> assertThat(job.state()).isEqualTo(LetterJob.State.DONE));
    }

    @Test
    void aJobGoesOnAfterARestartInItsMiddle() throws Exception {
        letters(MANY);
        var reached = new CountDownLatch(1);
        var appended = new AtomicInteger();
        log.withFaults(
                LogFaults.none()
                        .losingAppends(record -> {
                            boolean isRetry = record.topic().equals(TOPICS.retries());
                            if (isRetry && appended.incrementAndGet() > MANY / 2) {
                                reached.countDown();
                                return true;
                            }
                            return false;
                        }));
        LetterJob job = start(LetterJob.Action.REDRIVE, LetterFilter.ALL);
        reached.await();
        desk.close();
        log.withFaults(LogFaults.none());
        reopen();
        LetterJob unfinished = find(job.id());
        assertThat(unfinished.state()).isEqualTo(LetterJob.State.RUNNING);
        assertThat(unfinished.settled()).isLessThan(MANY);
        desk.resume(PIPELINE);
        assertThat(ended(job).settled()).isEqualTo(MANY);
        assertThat(new TreeSet<>(retried())).hasSize(MANY);
        assertThat(desk.counts(PIPELINE)).isEqualTo(new Counts(0, MANY, 0));
    }

    @Test
    void goesOnByItselfWhenTheLogIsBack() {
        letters(100);
        var failures = new AtomicInteger(30);
        log.withFaults(
                LogFaults.none()
                        .losingAppends(record ->
                                record.topic().equals(TOPICS.retries())
                                        && failures.getAndDecrement() > 0));
        assertThat(ended(start(LetterJob.Action.REDRIVE, LetterFilter.ALL)).settled())
                .isEqualTo(100);
        assertThat(new TreeSet<>(retried())).hasSize(100);
    }

    @Test
    void aJobCanBeCancelled() {
        letters(500);
        log.withFaults(
                LogFaults.none().losingAppends(record -> record.topic().equals(TOPICS.retries())));
        LetterJob job = start(LetterJob.Action.REDRIVE, LetterFilter.ALL);
        desk.cancel(PIPELINE, job.id());
        assertThat(ended(job).state()).isEqualTo(LetterJob.State.CANCELLED);
        log.withFaults(LogFaults.none());
        assertThat(desk.counts(PIPELINE)).isEqualTo(new Counts(500, 0, 0));
        assertThatThrownBy(() -> desk.cancel(PIPELINE, "nobody"))
                .isInstanceOf(MillraceException.class);
    }

    @Test
    void readsThePayloadWhereItStandsWhenTheLetterHasNone() {
        log.ensureTopics(List.of("shop.source.c.f", TOPICS.dead()));
        append(new OutgoingRecord("shop.source.c.f", null, bytes("big"), List.of(), 1));
        LogRecord source = log.records("shop.source.c.f").getFirst();
        append(
                new OutgoingRecord(
                        TOPICS.dead(),
                        null,
                        new byte[0],
                        List.of(
                                Header.of(HeaderNames.DEAD_WITHOUT_PAYLOAD, "true"),
                                Header.of(
                                        HeaderNames.DEAD_POSITION,
                                        source.partition() + "/" + source.offset())),
                        2));
        ended(start(LetterJob.Action.REDRIVE, LetterFilter.ALL));
        assertThat(retried()).containsExactly("big");
    }

    @Test
    void saysWhichLetterCannotBeTriedAgain() {
        log.ensureTopics(List.of(TOPICS.dead()));
        append(
                new OutgoingRecord(
                        TOPICS.dead(),
                        null,
                        new byte[0],
                        List.of(
                                Header.of(HeaderNames.DEAD_WITHOUT_PAYLOAD, "true"),
                                Header.of(HeaderNames.DEAD_POSITION, "gone/0/5")),
                        2));
        LetterJob job = ended(start(LetterJob.Action.REDRIVE, LetterFilter.ALL));
        assertThat(job.state()).isEqualTo(LetterJob.State.FAILED);
        assertThat(job.message()).contains("gone/0/5").contains("drop this letter");
        assertThat(ended(start(LetterJob.Action.DROP, LetterFilter.ALL)).settled()).isEqualTo(1);
    }

    @Test
    void aDefectDoesNotLeaveAJobWhereItIs() {
        letters(3);
        var defects = new AtomicInteger();
        log.withFaults(
                LogFaults.none()
                        .failingPolls(() -> {
                            if (Thread.currentThread().getName().startsWith("dead letters of")
                                    && defects.incrementAndGet() == 2) {
                                throw new IllegalStateException("a defect as the test wants it");
                            }
                            return false;
                        }));
        LetterJob job = ended(start(LetterJob.Action.REDRIVE, LetterFilter.ALL));
        assertThat(job.state()).isEqualTo(LetterJob.State.DONE);
        assertThat(retried()).hasSize(3);
        assertThat(defects.get()).isGreaterThan(2);
    }

    // ---- words of this test

    private void reopen() {
        desk.close();
        desk = new DeadLetterDesk(log, time, IdSource.random(), new RecordingMeters());
    }

    private void letters(int count) {
        for (int i = 0; i < count; i++) {
            letter(Integer.toString(i), "USER_CODE", "step 1 function/f", "no", 1_000 + i);
        }
    }

    private void letter(String key, String code, String stage, String reason, long died) {
        put(key, "payload " + key, code, stage, reason, died);
    }

    private void put(
            String key, String payload, String code, String stage, String reason, long died) {
        log.ensureTopics(List.of(TOPICS.dead()));
        append(
                new OutgoingRecord(
                        TOPICS.dead(),
                        bytes(key),
                        bytes(payload),
                        List.of(
                                Header.of(HeaderNames.DEAD_CODE, code),
                                Header.of(HeaderNames.DEAD_STAGE, stage),
                                Header.of(HeaderNames.DEAD_REASON, reason),
                                Header.of(
                                        HeaderNames.PROVENANCE,
                                        "shop/sorter t/0/0 1 model/digits@3"),
                                Header.of(HeaderNames.DEAD_AT, Long.toString(died))),
                        died));
    }

    private void append(OutgoingRecord record) {
        log.append(
                record,
                failure -> {
                    if (failure != null) {
                        throw new AssertionError(failure);
                    }
                });
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static LetterFilter filter(
            String code,
            String stage,
            String contains,
            String step,
            String key,
            long since,
            long until) {
        return new LetterFilter(Set.of(), code, stage, contains, step, key, since, until);
    }

    private List<DeadLetter> list(LetterFilter filter, Fate fate) {
        return desk.list(PIPELINE, filter, Set.of(fate), LetterPosition.START, 1_000).letters();
    }

    private List<String> keys(LetterFilter filter) {
        return list(filter, Fate.OPEN).stream()
                .map(letter -> new String(letter.key(), StandardCharsets.UTF_8))
                .sorted()
                .toList();
    }

    private List<String> retried() {
        return log.records(TOPICS.retries()).stream()
                .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private LetterJob start(LetterJob.Action action, LetterFilter filter) {
        return desk.start(PIPELINE, action, filter);
    }

    private LetterJob find(String id) {
        return desk.jobs(PIPELINE).stream()
                .filter(job -> job.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private LetterJob ended(LetterJob job) {
        await().atMost(Duration.ofSeconds(60)).until(() -> find(job.id()).hasEnded());
        return find(job.id());
    }
}
