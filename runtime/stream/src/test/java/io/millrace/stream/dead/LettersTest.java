package io.millrace.stream.dead;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.spi.DeadLetter;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OutgoingRecord;
import java.util.List;
import org.junit.jupiter.api.Test;

class LettersTest {

    private static final byte[] KEY = {1};
    private static final byte[] PAYLOAD = {1, 2, 3};

    private static final LogRecord LETTER =
            new LogRecord(
                    new LogPartition("shop.dead.sorter", 2),
                    17,
                    KEY,
                    PAYLOAD,
                    List.of(
                            Header.of("colour", "red"),
                            Header.of(HeaderNames.TOPIC, "cam/1"),
                            Header.of(HeaderNames.DEAD_REASON, "KeyError"),
                            Header.of(HeaderNames.DEAD_CODE, "USER_CODE"),
                            Header.of(HeaderNames.DEAD_STAGE, "step 1 function/classify"),
                            Header.of(HeaderNames.DEAD_ATTEMPTS, "3"),
                            Header.of(HeaderNames.DEAD_POSITION, "shop.source.c.f/1/99"),
                            Header.of(
                                    HeaderNames.PROVENANCE,
                                    "shop/sorter shop.source.c.f/1/99 2000"
                                            + " model/m@3,function/classify@7"),
                            Header.of(HeaderNames.DEAD_AT, "2000"),
                            Header.of(HeaderNames.ORIGIN_TIME, "1000")),
                    2_000);

    @Test
    void readsALetter() {
        DeadLetter letter = Letters.read(LETTER, DeadLetter.Fate.OPEN, 2);
        assertThat(letter.place()).hasToString("2/17");
        assertThat(letter.payload()).containsExactly(1, 2);
        assertThat(letter.payloadBytes()).isEqualTo(3);
        assertThat(letter.headers())
                .extracting(Header::name)
                .containsExactly("colour", HeaderNames.TOPIC);
        assertThat(letter.timestampMillis()).isEqualTo(1_000);
        assertThat(letter.diedMillis()).isEqualTo(2_000);
        assertThat(letter.attempts()).isEqualTo(3);
        assertThat(letter.readAt()).isEqualTo("shop.source.c.f/1/99");
        assertThat(letter.steps()).containsExactly("model/m@3", "function/classify@7");
    }

    @Test
    void aRetryKnowsWhereItCameFrom() {
        OutgoingRecord retry = Letters.retry(LETTER, PAYLOAD, "shop.retry.sorter", 5_000);
        assertThat(retry.timestampMillis()).isEqualTo(5_000);
        LogRecord read =
                new LogRecord(
                        new LogPartition(retry.topic(), 0),
                        4,
                        retry.key(),
                        retry.value(),
                        retry.headers(),
                        retry.timestampMillis());
        assertThat(Origin.topic(read)).isEqualTo("shop.source.c.f");
        assertThat(Origin.position(read)).isEqualTo("shop.source.c.f/1/99");
        assertThat(Origin.attempts(read)).isEqualTo(3);
        assertThat(Origin.ownHeaders(read))
                .extracting(Header::name)
                .containsExactly("colour", HeaderNames.TOPIC);
        assertThat(Origin.restored(List.of(read)).getFirst().timestampMillis()).isEqualTo(1_000);
    }

    @Test
    void onlyTheTopicOfRetriesIsBelieved() {
        OutgoingRecord retry = Letters.retry(LETTER, PAYLOAD, "shop.retry.sorter", 5_000);
        LogRecord answer =
                new LogRecord(
                        new LogPartition("shop.stream.sorter", 0),
                        4,
                        null,
                        PAYLOAD,
                        retry.headers(),
                        5_000);
        assertThat(Origin.topic(answer)).isEqualTo("shop.stream.sorter");
        assertThat(Origin.position(answer)).isEqualTo("shop.stream.sorter/0/4");
        assertThat(Origin.attempts(answer)).isZero();
        List<LogRecord> all = List.of(answer);
        assertThat(Origin.restored(all)).isSameAs(all);
    }
}
