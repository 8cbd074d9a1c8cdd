package io.millrace.inference;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.LoadedModel;
import io.millrace.spi.ModelEngine;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Loads a model and tries every signature; runs in the probe's process. */
final class ModelTrial {

    /** What open extents are tried with, until one works: a text length, an icon, a photograph. */
    private static final int[] OPEN_EXTENTS = {1, 32, 224};

    /** Engines add in another order for another batch; this much may differ. */
    private static final double TOLERANCE = 1e-3;

    private ModelTrial() {}

    static ProbeVerdict run(ModelEngine engine, Path unpacked) {
        try (LoadedModel model = engine.load(engine.locate(unpacked))) {
            var tried = new ArrayList<ProbeVerdict.TriedSignature>();
            for (Signature signature : model.signatures()) {
                tried.add(attempt(model, signature));
            }
            boolean isKnownToFail =
                    tried.stream().noneMatch(ProbeVerdict.TriedSignature::hasRun)
                            && model.signatures().stream().allMatch(TrialInputs::isFullyKnown);
            if (isKnownToFail) {
                return new ProbeVerdict.Rejected(
                        "the model fails on zeros: " + tried.getFirst().note(), true);
            }
            return new ProbeVerdict.Accepted(tried);
        } catch (MillraceException e) {
            return new ProbeVerdict.Rejected(e.text(), !e.code().isTransient());
        }
    }

    private static ProbeVerdict.TriedSignature attempt(LoadedModel model, Signature signature) {
        String failure = "";
        for (int open : TrialInputs.isFullyKnown(signature) ? new int[] {1} : OPEN_EXTENTS) {
            try {
                List<Tensor> single = model.run(signature, TrialInputs.zeros(signature, 1, open));
                return tried(model, signature, open, single);
            } catch (MillraceException e) {
                failure = e.text();
            }
        }
        return result(signature, Batching.AS_CALLED, false, failure);
    }

    private static ProbeVerdict.TriedSignature tried(
            LoadedModel model, Signature signature, int open, List<Tensor> single) {
        if (!TrialInputs.hasItemAxis(signature) || !haveRows(single, 1)) {
            return result(signature, Batching.AS_CALLED, true, "");
        }
        try {
            if (!haveRows(model.run(signature, TrialInputs.zeros(signature, 2, open)), 2)) {
                return result(
                        signature, Batching.ONE_BY_ONE, true, "two rows do not give two results");
            }
            return areRowsIndependent(model, signature, open)
                    ? result(signature, Batching.MERGED, true, "")
                    : result(signature, Batching.AS_CALLED, true, "rows depend on each other");
        } catch (MillraceException e) {
            return result(
                    signature, Batching.ONE_BY_ONE, true, "two rows at once fail: " + e.text());
        }
    }

    private static boolean areRowsIndependent(LoadedModel model, Signature signature, int open) {
        List<Tensor> first = model.run(signature, TrialInputs.varied(signature, 1, 0, open));
        List<Tensor> second = model.run(signature, TrialInputs.varied(signature, 1, 1, open));
        List<Tensor> both = model.run(signature, TrialInputs.varied(signature, 2, 0, open));
        for (int i = 0; i < both.size(); i++) {
            if (!isStacked(first.get(i), second.get(i), both.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isStacked(Tensor first, Tensor second, Tensor both) {
        if (first instanceof Tensor.Numeric a
                && second instanceof Tensor.Numeric b
                && both instanceof Tensor.Numeric c) {
            long rowBytes = a.data().byteSize();
            return rowBytes * 2 == c.data().byteSize()
                    && rowBytes == b.data().byteSize()
                    && isNear(a.type(), a.data(), c.data().asSlice(0, rowBytes))
                    && isNear(a.type(), b.data(), c.data().asSlice(rowBytes));
        }
        return true;
    }

    private static boolean isNear(DataType type, MemorySegment expected, MemorySegment actual) {
        if (type != DataType.FP32 && type != DataType.FP64) {
            return expected.mismatch(actual) < 0 || type.isFloat();
        }
        long count = expected.byteSize() / type.bytes();
        for (long i = 0; i < count; i++) {
            double a = element(type, expected, i);
            double b = element(type, actual, i);
            boolean isClose = Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a));
            if (!isClose && Double.compare(a, b) != 0) {
                return false;
            }
        }
        return true;
    }

    private static double element(DataType type, MemorySegment data, long index) {
        return type == DataType.FP32
                ? data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, index * 4)
                : data.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, index * 8);
    }

    private static boolean haveRows(List<Tensor> outputs, int rows) {
        for (Tensor output : outputs) {
            Shape shape = output.shape();
            if (shape.rank() == 0 || shape.extent(0) != rows) {
                return false;
            }
        }
        return true;
    }

    private static ProbeVerdict.TriedSignature result(
            Signature signature, Batching batching, boolean hasRun, String note) {
        return new ProbeVerdict.TriedSignature(
                signature.name(), signature.toString(), batching, hasRun, note);
    }
}
