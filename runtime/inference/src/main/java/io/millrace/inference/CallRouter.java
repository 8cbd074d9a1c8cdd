package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.VersionRef;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.inference.Picture.Target;
import io.millrace.spi.CallObserver;
import io.millrace.spi.CallRecords;
import io.millrace.spi.ModelServing.Answer;
import io.millrace.spi.ModelServing.Call;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way of a call to the version that answers it.
 *
 * <pre>
 *   call --names a version--------------------------> that version
 *     '--names none--+--the canary's share----------> canary --fails by itself--.
 *                    '--the rest--------------------> base &lt;--------------------'
 *                                                      '--the shadow's share--> copy, afterwards
 * </pre>
 *
 * <p>Hot path: no allocation beside the answer.
 */
final class CallRouter {

    /** A version may be replaced between choosing and calling it; not many times over. */
    private static final int MAX_ATTEMPTS = 5;

    private final TimeSource time;
    private final CallObserver observer;

    CallRouter(TimeSource time, CallObserver observer) {
        this.time = time;
        this.observer = observer;
    }

    /** Answers a call; counts it for the version that it went to. */
    Answer answer(ServedModel model, Call call) {
        long start = time.nanoTime();
        long deadline = start + call.timeout().toNanos();
        boolean isByName = !(call.version() instanceof VersionRef.Serving);
        if (!isByName) {
            Picture picture = model.picture();
            Target canary = picture.canary();
            if (canary != null && picture.isForCanary(model.division(), call.routing())) {
                Answer answer = tryCanary(model, picture, canary, call, start, deadline);
                if (answer != null) {
                    return answer;
                }
                start = time.nanoTime();
            }
        }
        Answer answer = answerChosen(model, call, isByName, start, deadline);
        if (!isByName) {
            mirror(model, call, answer);
        }
        return answer;
    }

    /** Null when the base version shall answer instead. */
    private @Nullable Answer tryCanary(
            ServedModel model,
            Picture picture,
            Target canary,
            Call call,
            long start,
            long deadline) {
        if (canary.serving() == null) {
            model.wake(canary.version()); // the next callers meet it in memory
            return null;
        }
        try {
            return run(model, canary, canary.serving(), call, false, start, deadline);
        } catch (MillraceException e) {
            boolean isCallersFault =
                    (e.code() == ErrorCode.INVALID || e.code() == ErrorCode.NOT_FOUND)
                            && picture.isCanaryAlike();
            if (isCallersFault || e.code() == ErrorCode.TIMEOUT || isInterrupted()) {
                throw e;
            }
            return null;
        }
    }

    private static boolean isInterrupted() {
        return Thread.currentThread().isInterrupted();
    }

    private Answer answerChosen(
            ServedModel model, Call call, boolean isByName, long start, long deadline) {
        ServedVersion held = null;
        try {
            for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
                Target target = resolve(model, call);
                ServedVersion.Serving serving = target.serving();
                if (serving != null) {
                    Answer answer = run(model, target, serving, call, isByName, start, deadline);
                    if (answer != null) {
                        return answer;
                    }
                    continue; // it was closed since: the picture shows another one by now
                }
                if (held != target.version()) {
                    release(model, held);
                    held = target.version();
                    model.hold(held);
                }
                bringBack(model, held, deadline);
            }
        } finally {
            release(model, held);
        }
        model.meters().failed(ErrorCode.UNAVAILABLE);
        throw new MillraceException(
                ErrorCode.UNAVAILABLE, "Model with name " + call.model() + " is not ready.");
    }

    private static void release(ServedModel model, @Nullable ServedVersion held) {
        if (held != null) {
            model.release(held);
        }
    }

    private static void bringBack(ServedModel model, ServedVersion version, long deadline) {
        try {
            model.bringBack(version, deadline);
        } catch (MillraceException e) {
            version.meters().failed(e.code());
            throw e;
        }
    }

    private static Target resolve(ServedModel model, Call call) {
        try {
            return model.picture().resolve(call.version());
        } catch (MillraceException e) {
            model.meters().failed(e.code());
            throw e;
        }
    }

    /** One try; null when the version is being closed. */
    private @Nullable Answer run(
            ServedModel model,
            Target target,
            ServedVersion.Serving serving,
            Call call,
            boolean isByName,
            long start,
            long deadline) {
        target.version().use(start, isByName);
        try {
            Signature signature = SignatureChoice.choose(serving.signatures(), call.signature());
            InputCheck.check(signature, call.inputs());
            List<Tensor> outputs = serving.batcher().submit(signature, call.inputs(), deadline);
            if (outputs == null) {
                return null;
            }
            long took = time.nanoTime() - start;
            target.calls().answered(took);
            target.version().meters().answered(took);
            tellObserver(model, call, serving.version(), signature, outputs);
            return new Answer(serving.version(), signature, outputs);
        } catch (MillraceException e) {
            count(target, e.code());
            throw e;
        }
    }

    private static void count(Target target, ErrorCode code) {
        target.version().meters().failed(code);
        if (code == ErrorCode.USER_CODE || code == ErrorCode.INTERNAL) {
            target.calls().failed();
        } else {
            target.calls().refused();
        }
    }

    private static void mirror(ServedModel model, Call call, Answer answer) {
        Picture picture = model.picture();
        Target shadow = picture.shadow();
        if (shadow == null || !picture.isForShadow(model.division())) {
            return;
        }
        if (shadow.serving() == null) {
            model.wake(shadow.version());
        }
        model.mirror()
                .offer(
                        shadow,
                        model.book(),
                        answer.signature().name(),
                        call.inputs(),
                        answer.outputs());
    }

    @SuppressWarnings("ReferenceEquality") // a constant that says what kind of call it is
    private void tellObserver(
            ServedModel model, Call call, int version, Signature signature, List<Tensor> outputs) {
        if (call.records() != CallRecords.TRIAL) {
            observer.answered(
                    model.key(), version, signature, call.inputs(), outputs, call.records());
        }
    }
}
