package io.millrace.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Tensor;
import io.millrace.codec.json.RequestGenerator.Case;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What our scanner takes, Jackson takes, and both make the same of it, bit for bit. {@code
 * -Dmillrace.seed=N} runs one seed, {@code -Dmillrace.seeds=N} as many fresh ones.
 */
@Timeout(600)
final class RequestScannerFuzzTest {

    /** Seeds that failed once; each stays here for ever. */
    private static final long[] KEPT = {};

    private static final int STANDING = 15_000;
    private static final int FRESH = 15_000;

    private int taken;
    private int right;

    @Test
    void takesNothingThatJacksonDoesNotReadTheSameWay() {
        Long only = Long.getLong("millrace.seed");
        if (only != null) {
            check(only);
            return;
        }
        long fresh = RandomGenerator.getDefault().nextLong() >>> 1;
        LongStream.of(KEPT).forEach(this::check);
        LongStream.range(0, STANDING).forEach(this::check);
        LongStream.range(0, Integer.getInteger("millrace.seeds", FRESH))
                .forEach(i -> check(fresh + i));
        assertThat(taken).as("requests that the scanner takes").isGreaterThan(STANDING / 4);
        assertThat(right).as("requests that are right").isGreaterThanOrEqualTo(taken);
    }

    private void check(long seed) {
        Case request = new RequestGenerator(seed).next();
        InferenceRequest ours = new RequestScanner(request.body(), request::find).scan();
        InferenceRequest theirs = readWithJackson(seed, request);
        right += theirs == null ? 0 : 1;
        taken += ours == null ? 0 : 1;
        if (ours == null) {
            assertThat(request.isPlain() && theirs != null && hasElements(theirs))
                    .as("seed %d: left to Jackson though usual: %s", seed, request.text())
                    .isFalse();
            return;
        }
        if (theirs == null) {
            fail("seed %d: taken though Jackson refuses it: %s", seed, request.text());
            return;
        }
        assertThat(ours.signature()).isEqualTo(theirs.signature());
        assertThat(ours.layout()).isEqualTo(theirs.layout());
        assertThat(ours.inputs()).hasSameSizeAs(theirs.inputs());
        for (int i = 0; i < ours.inputs().size(); i++) {
            assertThat(isSame(ours.inputs().get(i), theirs.inputs().get(i)))
                    .as("seed %d: read otherwise: %s", seed, request.text())
                    .isTrue();
        }
    }

    /** Rows of nothing are legal and unusual. */
    private static boolean hasElements(InferenceRequest request) {
        return request.inputs().stream().allMatch(tensor -> tensor.shape().elements() > 0);
    }

    private static @Nullable InferenceRequest readWithJackson(long seed, Case request) {
        try {
            return InferenceJson.readWithJackson(request.body(), request::find);
        } catch (MillraceException _) {
            return null;
        } catch (RuntimeException e) {
            return fail("seed %d: %s".formatted(seed, request.text()), e);
        }
    }

    static boolean isSame(Tensor one, Tensor other) {
        if (one.type() != other.type() || !one.shape().equals(other.shape())) {
            return false;
        }
        if (one instanceof Tensor.Bytes a && other instanceof Tensor.Bytes b) {
            return Arrays.deepEquals(a.values().toArray(), b.values().toArray());
        }
        return Arrays.equals(bytes(one), bytes(other));
    }

    private static byte[] bytes(Tensor tensor) {
        MemorySegment data = ((Tensor.Numeric) tensor).data();
        return data.toArray(ValueLayout.JAVA_BYTE);
    }
}
