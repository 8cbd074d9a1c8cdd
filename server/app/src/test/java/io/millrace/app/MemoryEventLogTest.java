package io.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.spi.EventLog.Event;
import io.millrace.spi.EventLog.Severity;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.TestingTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryEventLogTest {

    private static final ProjectId SHOP = new ProjectId("shop");
    private static final ResourceKey ONE = ResourceKey.of(Kind.PIPELINE, SHOP, "one");
    private static final ResourceKey TWO = ResourceKey.of(Kind.MODEL, SHOP, "two");
    private static final ResourceKey ELSEWHERE =
            ResourceKey.of(Kind.PIPELINE, new ProjectId("yard"), "one");

    private final TestingTime time = new TestingTime();
    private final MemoryEventLog log = new MemoryEventLog(time, new RecordingMeters(), 3, 6);

    @Test
    void countsEqualOnesInARow() {
        Instant first = time.now();
        note(ONE, "a");
        note(ONE, "a");
        note(ONE, "a");
        assertThat(log.of(ONE))
                .containsExactly(
                        new Event(
                                ONE, Severity.NORMAL, "Test", "a", first, first.plusSeconds(2), 3));
        note(ONE, "b");
        note(ONE, "a");
        log.record(ONE, Severity.WARNING, "Test", "a");
        assertThat(log.of(ONE)).extracting(Event::count).containsExactly(1L, 1L, 1L);
    }

    @Test
    void keepsTheLastOfEach() {
        for (int i = 0; i < 10; i++) {
            note(ONE, "n" + i);
        }
        assertThat(texts(ONE)).containsExactly("n7", "n8", "n9");
    }

    @Test
    void dropsThoseOfTheQuietestWhenThereAreTooManyInAll() {
        note(TWO, "old");
        note(TWO, "older than most");
        for (int i = 0; i < 3; i++) {
            note(ONE, "n" + i);
            note(ELSEWHERE, "m" + i);
        }
        assertThat(texts(TWO)).isEmpty();
        assertThat(texts(ONE)).hasSize(3);
        assertThat(texts(ELSEWHERE)).hasSize(3);
        note(TWO, "new");
        assertThat(texts(ONE)).containsExactly("n1", "n2");
        assertThat(texts(TWO)).containsExactly("new");
    }

    @Test
    void givesThoseOfAProjectInOrder() {
        note(ONE, "a");
        note(TWO, "b");
        note(ELSEWHERE, "c");
        note(ONE, "d");
        assertThat(log.of(SHOP)).extracting(Event::message).containsExactly("a", "b", "d");
    }

    @Test
    void forgetsWhatIsGone() {
        note(ONE, "a");
        note(ELSEWHERE, "b");
        log.remove(ONE);
        log.remove(ONE);
        assertThat(texts(ONE)).isEmpty();
        for (int i = 0; i < 3; i++) {
            note(ONE, "n" + i);
            note(TWO, "m" + i);
        }
        assertThat(texts(ONE)).hasSize(3);
        assertThat(texts(TWO)).hasSize(3);
        assertThat(texts(ELSEWHERE)).isEmpty();
    }

    @Test
    void cutsMessagesWithoutEnd() {
        note(ONE, "x".repeat(100_000));
        assertThat(texts(ONE).getFirst()).hasSizeLessThan(2_000);
    }

    private void note(ResourceKey key, String message) {
        log.record(key, Severity.NORMAL, "Test", message);
        time.advance(Duration.ofSeconds(1));
    }

    private List<String> texts(ResourceKey key) {
        return log.of(key).stream().map(Event::message).toList();
    }
}
