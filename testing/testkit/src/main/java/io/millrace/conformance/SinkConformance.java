package io.millrace.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.spi.Header;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link Sink} promises. A subclass opens one, names a destination that it takes, and
 * reads back what arrived there.
 */
@Timeout(60)
public abstract class SinkConformance {

    private static final int MANY = 1_000;

    private Sink sink;

    /** A sink that is ready; closed by the kit. */
    protected abstract Sink openSink();

    /** A destination that the sink takes. */
    protected abstract String destination();

    /** Another destination that the sink takes. */
    protected abstract String otherDestination();

    /** What arrived at a destination so far, in order; waits until it is so many or time is up. */
    protected abstract List<byte[]> arrived(String destination, int count);

    /** Makes the next write of this value, and only that one, fail for a reason that may pass. */
    protected abstract void failOnce(String value);

    @BeforeEach
    void open() {
        sink = openSink();
    }

    @AfterEach
    void close() {
        sink.close();
    }

    @Test
    void whatWasAcceptedArrivesUnchangedAndInOrder() {
        var batch = new ArrayList<OutputRecord>();
        for (int i = 0; i < MANY; i++) {
            batch.add(record(destination(), "value " + i));
        }
        assertThat(sink.write(batch)).isEmpty();
        assertThat(arrived(destination(), MANY).stream().map(SinkConformance::text))
                .containsExactlyElementsOf(batch.stream().map(r -> text(r.value())).toList());
    }

    @Test
    void batchesKeepTheirOrder() {
        var expected = new ArrayList<String>();
        for (int i = 0; i < 50; i++) {
            expected.add("batch " + i);
            assertThat(sink.write(List.of(record(destination(), "batch " + i)))).isEmpty();
        }
        assertThat(arrived(destination(), 50).stream().map(SinkConformance::text))
                .containsExactlyElementsOf(expected);
    }

    @Test
    void recordsOfOneBatchGoToTheirOwnDestinations() {
        var batch =
                List.of(
                        record(destination(), "a"),
                        record(otherDestination(), "b"),
                        record(destination(), "c"));
        assertThat(sink.write(batch)).isEmpty();
        assertThat(arrived(destination(), 2).stream().map(SinkConformance::text))
                .containsExactly("a", "c");
        assertThat(arrived(otherDestination(), 1).stream().map(SinkConformance::text))
                .containsExactly("b");
    }

    @Test
    void anEmptyBatchAndAnEmptyValueAreFine() {
        assertThat(sink.write(List.of())).isEmpty();
        assertThat(sink.write(List.of(record(destination(), "")))).isEmpty();
        assertThat(arrived(destination(), 1)).hasSize(1).allMatch(value -> value.length == 0);
    }

    @Test
    void anImpossibleDestinationFailsItsRecordAndNoOther() {
        var batch =
                List.of(
                        record(destination(), "before"),
                        record("", "nowhere"),
                        record(destination(), "after"));
        assertThat(sink.write(batch))
                .singleElement()
                .satisfies(failure -> assertThat(failure.index()).isEqualTo(1))
                .satisfies(failure -> assertThat(failure.code().isTransient()).isFalse());
        assertThat(arrived(destination(), 2).stream().map(SinkConformance::text))
                .containsExactly("before", "after");
    }

    @Test
    void whatFailsInTheMiddleIsReportedAndWrittenAgainKeepsItsOrder() {
        var batch = new ArrayList<OutputRecord>();
        for (int i = 0; i < 10; i++) {
            batch.add(record(destination(), "value " + i));
        }
        failOnce("value 4");
        List<ItemFailure> failures = sink.write(batch);
        assertThat(failures).extracting(ItemFailure::index).contains(4).doesNotContain(0, 1, 2, 3);
        assertThat(failures).allMatch(failure -> failure.code().isTransient());
        // As whoever writes does it: what failed and all that follows it under the same key.
        assertThat(sink.write(batch.subList(4, 10))).isEmpty();
        var lastOfEach = new LinkedHashSet<String>();
        for (byte[] value : arrived(destination(), 10)) {
            lastOfEach.remove(text(value));
            lastOfEach.add(text(value));
        }
        assertThat(lastOfEach)
                .containsExactlyElementsOf(batch.stream().map(r -> text(r.value())).toList());
    }

    @Test
    void closingTwiceIsFine() {
        sink.close();
        sink.close();
    }

    private static OutputRecord record(String destination, String value) {
        return new OutputRecord(
                destination,
                null,
                value.getBytes(StandardCharsets.UTF_8),
                List.of(Header.of("h", "v")),
                1_000);
    }

    private static String text(byte[] value) {
        return new String(value, StandardCharsets.UTF_8);
    }
}
