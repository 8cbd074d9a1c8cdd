package io.millrace.stream;

import io.millrace.api.DecodeSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.ModelStep;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.codec.payload.ArrayPayload;
import io.millrace.codec.payload.PayloadDecoder;
import io.millrace.codec.payload.PayloadEncoder;
import io.millrace.spi.CallRecords;
import io.millrace.spi.ModelServing;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one model: decodes payloads into one tensor, calls the model once for all of them,
 * and encodes its answers. When such a call fails, its halves are tried, so that only the guilty
 * item ends as failed.
 *
 * <p>A model that is missing, not loaded, or of another shape than the step declares is no fault of
 * the records: they wait until somebody mends it. Nor is a model that does not answer in time: it
 * is asked again with fewer items at once.
 */
final class ModelLane {

    /** The serving side cuts calls to its own batch size; a failure costs more in larger ones. */
    private static final int MAX_ITEMS = 256;

    private static final int MAX_CHUNK_BYTES = 16 << 20;
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);
    private static final String TOO_SLOW = "the model does not answer in time";

    private final ProjectId project;
    private final ResourceName model;
    private final ModelStep step;
    private final ModelServing models;
    private final TaskControl control;
    private final int[] chunk = new int[MAX_ITEMS];
    private final RecordFacts facts;
    private final boolean takesArrays;
    private @Nullable Coding coding;
    private int mostItems = MAX_ITEMS;
    private final String label;
    private int lastVersion = -1;
    private String lastAnswerer = "";
    private boolean isLate;

    ModelLane(
            ProjectId project,
            ResourceName model,
            ModelStep step,
            ModelServing models,
            TaskControl control) {
        this.project = project;
        this.model = model;
        this.step = step;
        this.models = models;
        this.control = control;
        this.facts = new RecordFacts(model.value());
        this.label = "model/" + model;
        this.takesArrays =
                step.decoding().format() == DecodeSpec.Format.JSON
                        && !step.decoding().fields().isEmpty()
                        && step.encode().template().isPresent();
    }

    ResourceName model() {
        return model;
    }

    /** How payloads become what a signature takes, and back; made anew when a version differs. */
    private record Coding(
            Signature signature, PayloadDecoder decoder, PayloadEncoder encoder, int maxItems) {}

    /** As of {@link Stage#attempt}, for items that are all meant for this model. */
    void attempt(Batch batch, int[] pending, int count, Verdicts verdicts) {
        int next = 0;
        isLate = false;
        verdicts.by(label); // until a version has answered
        while (next < count) {
            if (isLate) {
                waitBehind(pending, next, count, verdicts);
                return;
            }
            Coding current;
            try {
                current = coding();
            } catch (MillraceException e) {
                for (int i = next; i < count; i++) {
                    verdicts.mustWait(pending[i], e.code(), e.text());
                }
                return;
            }
            int end = Math.min(count, next + Math.min(mostItems, current.maxItems()));
            attemptChunk(current, batch, pending, next, end, verdicts);
            next = end;
        }
    }

    /** A model that is behind with one call would only fall further behind with more. */
    private static void waitBehind(int[] pending, int from, int to, Verdicts verdicts) {
        for (int i = from; i < to; i++) {
            verdicts.mustWait(pending[i], ErrorCode.TIMEOUT, TOO_SLOW);
        }
    }

    private Coding coding() {
        Coding known = coding;
        if (known == null) {
            known = codingFor(describe());
            coding = known;
        }
        return known;
    }

    private Signature describe() {
        var description = models.describe(project, model, step.version());
        List<Signature> signatures = description.signatures();
        if (signatures.isEmpty()) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "model/%s has no loaded version yet".formatted(model));
        }
        for (Signature signature : signatures) {
            if (signature.name().equals(Signature.DEFAULT)) {
                return signature;
            }
        }
        return signatures.getFirst();
    }

    private Coding codingFor(Signature signature) {
        if (signature.inputs().size() != 1 || signature.outputs().isEmpty()) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "model/%s takes %d inputs; a model step feeds exactly one, use a function"
                            .formatted(model, signature.inputs().size()));
        }
        var input = signature.inputs().getFirst();
        PayloadDecoder decoder = PayloadDecoder.of(step.decoding(), input);
        PayloadEncoder encoder =
                PayloadEncoder.of(
                        step.encode(), step.decoding().format(), signature.outputs().getFirst());
        long fixed = input.shape().extent(0);
        if (fixed != Shape.ANY && fixed != 1) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "model/%s takes exactly %d items a call; a model step needs one that takes any number"
                            .formatted(model, fixed));
        }
        int fitting = Math.max(1, MAX_CHUNK_BYTES / Math.max(1, decoder.itemBytes()));
        return new Coding(
                signature, decoder, encoder, fixed == 1 ? 1 : Math.min(MAX_ITEMS, fitting));
    }

    private void attemptChunk(
            Coding current, Batch batch, int[] pending, int from, int to, Verdicts verdicts) {
        verdicts.by(label); // until a version has answered
        // The serving side may hold on to a tensor after a time-out, so each call has new memory.
        byte[] buffer = new byte[(to - from) * current.decoder().itemBytes()];
        int decoded = 0;
        int arrays = 0;
        boolean isChecked = false;
        for (int i = from; i < to; i++) {
            if (takesArrays && ArrayPayload.isArray(batch.payload(pending[i]))) {
                arrays++;
                continue;
            }
            try {
                current.decoder().decode(batch.payload(pending[i]), buffer, decoded);
                chunk[decoded] = pending[i];
                decoded++;
            } catch (MillraceException e) {
                if (!isChecked && hasChanged(current)) {
                    // The payload may be meant for a version that took over meanwhile.
                    coding = null;
                    verdicts.mustWait(pending[i], e.code(), e.text());
                } else {
                    isChecked = true;
                    verdicts.failed(pending[i], e.code(), e.text());
                }
            }
        }
        if (decoded > 0) {
            infer(new Chunk(current, batch, buffer, verdicts), 0, decoded);
        }
        for (int i = from; i < to && arrays > 0; i++) {
            if (ArrayPayload.isArray(batch.payload(pending[i]))) {
                arrays--;
                attemptArray(current, batch, pending[i], verdicts);
            }
        }
    }

    /** Arrays are called one by one: such a request is a batch of its own. */
    private void attemptArray(Coding current, Batch batch, int item, Verdicts verdicts) {
        if (isLate) {
            verdicts.mustWait(item, ErrorCode.TIMEOUT, TOO_SLOW);
            return;
        }
        int most = Math.min(mostItems, current.maxItems());
        var request = new ArrayRequest(batch.recordOf(item), batch.payload(item));
        try {
            byte[] answer =
                    request.answer(
                            current.decoder(),
                            current.encoder(),
                            most,
                            facts,
                            input -> {
                                control.failOnAbort();
                                ModelServing.Answer made =
                                        models.infer(call(current, input, CallRecords.NONE));
                                verdicts.by(answeredBy(made.version()));
                                return made;
                            });
            verdicts.sent(item, answer);
        } catch (MillraceException e) {
            boolean isTimeout = e.code() == ErrorCode.TIMEOUT;
            if (isTimeout) {
                mostItems = Math.max(1, most / 2);
                isLate = true;
            }
            if (isTimeout || mayPass(e, current)) {
                coding = null;
                verdicts.mustWait(item, e.code(), e.text());
            } else {
                verdicts.failed(item, e.code(), e.text());
            }
        }
    }

    /** Whether waiting helps: the model is away, or another version took over. */
    private boolean mayPass(MillraceException e, Coding used) {
        return Stage.isPassing(e.code()) || e.code() == ErrorCode.NOT_FOUND || hasChanged(used);
    }

    private record Chunk(Coding coding, Batch batch, byte[] buffer, Verdicts verdicts) {}

    private void infer(Chunk work, int from, int to) {
        ModelServing.Answer answer;
        work.verdicts().by(label);
        control.failOnAbort();
        try {
            Tensor input = work.coding().decoder().tensor(work.buffer(), from, to - from);
            CallRecords records = item -> work.batch().recordOf(chunk[from + item]);
            answer = models.infer(call(work.coding(), input, records));
            if (to - from >= mostItems) {
                mostItems = Math.min(MAX_ITEMS, 2 * mostItems);
            }
        } catch (MillraceException e) {
            refuse(work, from, to, e);
            return;
        }
        try {
            PayloadEncoder encoder = encoderFor(work.coding(), answer);
            work.verdicts().by(answeredBy(answer.version()));
            encode(work, from, to, answer, encoder);
        } catch (MillraceException e) {
            // The answer as a whole cannot be written: a matter of the declaration.
            mustWait(work, from, to, e);
        }
    }

    /** The model and the version that answered; the text is made once for each version in turn. */
    private String answeredBy(int version) {
        if (version != lastVersion) {
            lastVersion = version;
            lastAnswerer = label + "@" + version;
        }
        return lastAnswerer;
    }

    private ModelServing.Call call(Coding current, Tensor input, CallRecords records) {
        return new ModelServing.Call(
                project,
                model,
                step.version(),
                current.signature().name(),
                List.of(input),
                CALL_TIMEOUT,
                "",
                records);
    }

    private void refuse(Chunk work, int from, int to, MillraceException e) {
        if (e.code() == ErrorCode.TIMEOUT) {
            // Too many at once for a slow or busy model, which is no fault of any of them.
            mostItems = Math.max(1, (to - from) / 2);
            isLate = true;
            mustWait(work, from, to, e);
        } else if (mayPass(e, work.coding())) {
            mustWait(work, from, to, e);
        } else if (to - from == 1) {
            work.verdicts().failed(chunk[from], e.code(), e.text());
        } else {
            int middle = (from + to) >>> 1;
            infer(work, from, middle);
            if (isLate) {
                mustWait(work, middle, to, e);
            } else {
                infer(work, middle, to);
            }
        }
    }

    /** Whether another version took over meanwhile, which wants other tensors. */
    private boolean hasChanged(Coding used) {
        try {
            return !describe().equals(used.signature());
        } catch (MillraceException _) {
            return true;
        }
    }

    private void mustWait(Chunk work, int from, int to, MillraceException e) {
        coding = null;
        for (int i = from; i < to; i++) {
            work.verdicts().mustWait(chunk[i], e.code(), e.text());
        }
    }

    private PayloadEncoder encoderFor(Coding used, ModelServing.Answer answer) {
        Signature signature = answer.signature();
        if (signature.equals(used.signature())) {
            return used.encoder();
        }
        Coding changed = codingFor(signature);
        coding = changed;
        return changed.encoder();
    }

    private void encode(
            Chunk work, int from, int to, ModelServing.Answer answer, PayloadEncoder encoder) {
        Tensor output = answer.outputs().getFirst();
        if (!(output instanceof Tensor.Numeric numbers)
                || output.shape().rank() == 0
                || output.shape().extent(0) != to - from) {
            for (int i = from; i < to; i++) {
                work.verdicts()
                        .failed(
                                chunk[i],
                                ErrorCode.USER_CODE,
                                "the model answered %s of shape %s for %d items"
                                        .formatted(
                                                output.type().plainName(),
                                                output.shape(),
                                                to - from));
            }
            return;
        }
        for (int i = from; i < to; i++) {
            int item = chunk[i];
            try {
                facts.of(work.batch().recordOf(item), answer.version());
                byte[] encoded =
                        encoder.encode(work.batch().payload(item), numbers, i - from, facts);
                work.verdicts().sent(item, encoded);
            } catch (MillraceException e) {
                work.verdicts().failed(item, e.code(), e.text());
            }
        }
    }

    /** Lets go of what was worked out for the model. */
    void forget() {
        coding = null;
    }
}
