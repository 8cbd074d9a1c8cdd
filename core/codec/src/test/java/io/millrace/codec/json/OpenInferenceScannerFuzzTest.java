package io.millrace.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.millrace.api.MillraceException;
import io.millrace.codec.json.RequestGenerator.Case;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.core.JacksonException;

/**
 * What our scanner takes, Jackson takes, and both make the same of it, bit for bit. {@code
 * -Dmillrace.seed=N} runs one seed, {@code -Dmillrace.seeds=N} as many fresh ones.
 */
@Timeout(600)
final class OpenInferenceScannerFuzzTest {

    private static final int STANDING = 10_000;
    private static final int FRESH = 10_000;

    private int taken;

    @Test
    void takesNothingThatJacksonDoesNotReadTheSameWay() {
        Long only = Long.getLong("millrace.seed");
        if (only != null) {
            check(only);
            return;
        }
        long fresh = RandomGenerator.getDefault().nextLong() >>> 1;
        LongStream.range(0, STANDING).forEach(this::check);
        LongStream.range(0, Integer.getInteger("millrace.seeds", FRESH))
                .forEach(i -> check(fresh + i));
        assertThat(taken).as("requests that the scanner takes").isGreaterThan(STANDING / 4);
    }

    private void check(long seed) {
        Case request = new RequestGenerator(seed).nextOpenInference();
        OpenInferenceDraft draft = new OpenInferenceScanner(request.body()).scan();
        OpenInferenceRequest ours = draft == null ? null : resolved(draft, request);
        OpenInferenceRequest theirs = readWithJackson(seed, request);
        if (draft == null) {
            assertThat(
                            request.isPlain()
                                    && theirs != null
                                    && theirs.inputs().stream()
                                            .allMatch(input -> input.shape().elements() > 0))
                    .as("seed %d: left to Jackson though usual: %s", seed, request.text())
                    .isFalse();
            return;
        }
        taken++;
        if (ours == null || theirs == null) {
            assertThat(ours == null && theirs == null)
                    .as("seed %d: one of two refuses it: %s", seed, request.text())
                    .isTrue();
            return;
        }
        assertThat(ours.id()).isEqualTo(theirs.id());
        assertThat(ours.outputs()).isEqualTo(theirs.outputs());
        assertThat(ours.timeoutMicros()).isEqualTo(theirs.timeoutMicros());
        assertThat(ours.inputs()).hasSameSizeAs(theirs.inputs());
        for (int i = 0; i < ours.inputs().size(); i++) {
            assertThat(RequestScannerFuzzTest.isSame(ours.inputs().get(i), theirs.inputs().get(i)))
                    .as("seed %d: read otherwise: %s", seed, request.text())
                    .isTrue();
        }
    }

    private static @Nullable OpenInferenceRequest resolved(OpenInferenceDraft draft, Case request) {
        try {
            return draft.resolve(request::find);
        } catch (MillraceException _) {
            return null;
        }
    }

    private static @Nullable OpenInferenceRequest readWithJackson(long seed, Case request) {
        try {
            return OpenInferenceJson.readWithJackson(
                    request.body(), request.body().length, request::find);
        } catch (MillraceException | JacksonException _) {
            return null;
        } catch (RuntimeException e) {
            return fail("seed %d: %s".formatted(seed, request.text()), e);
        }
    }
}
