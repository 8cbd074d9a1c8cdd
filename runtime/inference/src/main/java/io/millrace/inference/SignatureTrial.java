package io.millrace.inference;

import io.millrace.api.MillraceException;
import io.millrace.api.ModelVersionStatus.Check;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.LoadedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Tries one signature: on zeros, on two rows of them, and on ordinary numbers that differ from row
 * to row.
 */
final class SignatureTrial {

    /** What open extents are tried with, until one works: a text length, an icon, a photograph. */
    private static final int[] OPEN_EXTENTS = {1, 32, 224};

    private static final int[] NO_OPEN_EXTENTS = {1};

    private final LoadedModel model;
    private final Signature signature;
    private final List<Check> checks;

    /** What the attempt under way has found. */
    private final List<Check> found = new ArrayList<>();

    /**
     * A trial that has not begun.
     *
     * @param checks gets what was found
     */
    SignatureTrial(LoadedModel model, Signature signature, List<Check> checks) {
        this.model = model;
        this.signature = signature;
        this.checks = checks;
    }

    /** What a trial showed. */
    sealed interface Outcome {
        /** It may be served. */
        record Tried(ProbeVerdict.TriedSignature signature) implements Outcome {}

        /** It gives what nobody can use. */
        record Unfit(String reason) implements Outcome {}
    }

    /** What made an answer unfit; leaves the trial. */
    private static final class UnfitAnswer extends Exception {
        private static final long serialVersionUID = 1L;

        private final String reason;

        UnfitAnswer(String reason) {
            super(reason, null, false, false);
            this.reason = reason;
        }
    }

    Outcome run() {
        String failure = "";
        Optional<Outcome> unfit = Optional.empty();
        int[] extents = TrialInputs.isFullyKnown(signature) ? NO_OPEN_EXTENTS : OPEN_EXTENTS;
        for (int open : extents) {
            found.clear();
            try {
                ProbeVerdict.TriedSignature result = attempt(open);
                checks.addAll(found);
                return new Outcome.Tried(result);
            } catch (MillraceException e) {
                failure = e.text();
            } catch (UnfitAnswer e) {
                // With an open extent it may be the extent that makes no sense: another may.
                unfit = Optional.of(new Outcome.Unfit(e.reason));
            }
        }
        if (unfit.isPresent()) {
            return unfit.get();
        }
        checks.add(new Check("zeros", named("fails: " + failure)));
        return new Outcome.Tried(result(Batching.AS_CALLED, false, failure));
    }

    private ProbeVerdict.TriedSignature attempt(int open) throws UnfitAnswer {
        List<Tensor> single =
                answer("zeros", model.run(signature, TrialInputs.zeros(signature, 1, open)));
        check("zeros", "answers " + AnswerCheck.describe(single));
        boolean hasRows = TrialInputs.hasItemAxis(signature) && Rows.haveRows(single, 1);
        return hasRows ? tryRows(open) : withoutRows(tryVaried(open));
    }

    private ProbeVerdict.TriedSignature withoutRows(String failure) {
        String note = failure.isEmpty() ? "" : "fails on other numbers than zeros: " + failure;
        check("batch", "no axis counts rows: calls run as they come");
        return result(Batching.AS_CALLED, true, note);
    }

    /** What went wrong, which with inputs out of thin air is no fault; empty when nothing did. */
    private String tryVaried(int open) throws UnfitAnswer {
        try {
            answer(
                    "ordinary numbers",
                    model.run(signature, TrialInputs.varied(signature, 1, 0, open)));
            return "";
        } catch (MillraceException e) {
            return e.text();
        }
    }

    private ProbeVerdict.TriedSignature tryRows(int open) throws UnfitAnswer {
        try {
            List<Tensor> two = model.run(signature, TrialInputs.zeros(signature, 2, open));
            if (!Rows.haveRows(two, 2)) {
                return oneByOne("two rows do not give two results", open);
            }
            answer("two rows of zeros", two);
            if (areRowsIndependent(open)) {
                check("batch", "rows are independent: calls are merged up to the limit");
                return result(Batching.MERGED, true, "");
            }
            check("batch", "rows depend on each other: calls run as they come");
            return result(Batching.AS_CALLED, true, "rows depend on each other");
        } catch (MillraceException e) {
            return oneByOne("two rows at once fail: " + e.text(), open);
        }
    }

    private ProbeVerdict.TriedSignature oneByOne(String why, int open) throws UnfitAnswer {
        String _ = tryVaried(open);
        check("batch", why + "; rows run one by one");
        return result(Batching.ONE_BY_ONE, true, why);
    }

    private boolean areRowsIndependent(int open) throws UnfitAnswer {
        List<Tensor> first = model.run(signature, TrialInputs.varied(signature, 1, 0, open));
        answer("ordinary numbers", first);
        List<Tensor> second = model.run(signature, TrialInputs.varied(signature, 1, 1, open));
        answer("ordinary numbers", second);
        List<Tensor> both = model.run(signature, TrialInputs.varied(signature, 2, 0, open));
        answer("two rows of ordinary numbers", both);
        return AnswerCheck.areStacked(first, second, both);
    }

    /** The answer itself, once it is what the signature says and holds no NaN. */
    private List<Tensor> answer(String to, List<Tensor> outputs) throws UnfitAnswer {
        String mismatch = AnswerCheck.mismatch(signature, outputs);
        if (!mismatch.isEmpty()) {
            throw new UnfitAnswer("answers " + to + " with something else: " + mismatch);
        }
        String nan = AnswerCheck.find(signature, outputs, AnswerCheck.Oddity.NAN);
        if (!nan.isEmpty()) {
            throw new UnfitAnswer("answers NaN for " + to + " (" + nan + ")");
        }
        String infinite = AnswerCheck.find(signature, outputs, AnswerCheck.Oddity.INFINITY);
        if (!infinite.isEmpty()) {
            check("infinity", "answers infinity for " + to + " (" + infinite + ")");
        }
        return outputs;
    }

    private void check(String name, String result) {
        found.add(new Check(name, named(result)));
    }

    private String named(String result) {
        return signature.name() + ": " + result;
    }

    private ProbeVerdict.TriedSignature result(Batching batching, boolean hasRun, String note) {
        return new ProbeVerdict.TriedSignature(
                signature.name(), signature.toString(), batching, hasRun, note);
    }
}
