package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.testkit.FakeModel;
import io.millrace.testkit.RecordingMeters;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InputCheckTest {

    private static final Signature PAIR =
            new Signature(
                    Signature.DEFAULT,
                    List.of(
                            new TensorSpec("a", DataType.UINT8, Shape.of(Shape.ANY)),
                            new TensorSpec("b", DataType.UINT8, Shape.of(Shape.ANY))),
                    List.of());

    @Test
    void rowsOfAllInputsMustAgree() {
        assertThat(InputCheck.rows(PAIR, List.of(bytes(3), bytes(3)))).isEqualTo(3);
        assertFails(
                () -> InputCheck.rows(PAIR, List.of(bytes(3), bytes(4))),
                ErrorCode.INVALID,
                "'a' has 3, 'b' has 4");
    }

    @Test
    void moreRowsThanIntsCountAreTooLarge() {
        Tensor huge = bytes(1L << 31);
        InputCheck.check(PAIR, List.of(huge, huge));
        assertFails(
                () -> InputCheck.rows(PAIR, List.of(huge, huge)),
                ErrorCode.TOO_LARGE,
                "received 2147483648");
        // As many as can be counted would still be far too many engine calls.
        var model = new FakeModel(2);
        try (var batcher =
                new Batcher(
                        model,
                        Map.of(Signature.DEFAULT, Batching.ONE_BY_ONE),
                        new BatchLimits(64, 0, 1000, 1, 1),
                        Thread.ofPlatform().daemon().factory(),
                        TimeSource.system(),
                        BatchMeters.of(new RecordingMeters()))) {
            Tensor most = bytes(Integer.MAX_VALUE);
            assertFails(
                    () -> batcher.submit(PAIR, List.of(most, most), 0),
                    ErrorCode.TOO_LARGE,
                    "2147483647 rows are 2147483647 engine calls of 1");
            assertThat(batcher.queuedCalls()).isZero();
        }
        assertThat(model.batches()).isEmpty();
    }

    @Test
    void whatOneTensorCannotHoldIsTooLarge() {
        Tensor wide = new Tensor.Numeric(DataType.UINT8, Shape.of(1, 1L << 33), nowhere(1L << 33));
        assertFails(
                () -> Rows.join(List.of(wide, wide, wide), 3, new long[0]),
                ErrorCode.TOO_LARGE,
                "one tensor cannot hold");
    }

    @Test
    void trialsOfGiantInputsAreRefusedAndNotTried() {
        var giant =
                new Signature(
                        Signature.DEFAULT,
                        List.of(
                                new TensorSpec(
                                        "x", DataType.FP32, Shape.of(Shape.ANY, 1 << 20, 1 << 20))),
                        List.of());
        assertFails(
                () -> TrialInputs.zeros(giant, 1, 1), ErrorCode.TOO_LARGE, "too large to be tried");
    }

    /** A tensor that looks as large as it says; nobody reads it. */
    private static Tensor bytes(long count) {
        return new Tensor.Numeric(DataType.UINT8, Shape.of(count), nowhere(count));
    }

    @SuppressWarnings("restricted")
    private static MemorySegment nowhere(long bytes) {
        return MemorySegment.ofAddress(1L << 12).reinterpret(bytes);
    }

    private static void assertFails(Runnable call, ErrorCode code, String says) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        MillraceException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(says);
    }
}
