package io.millrace.inference;

import io.millrace.api.MillraceException;
import io.millrace.api.ModelVersionStatus.Check;
import io.millrace.api.tensor.Signature;
import io.millrace.spi.LoadedModel;
import io.millrace.spi.ModelEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Loads a model and tries every signature; runs in the probe's process. */
final class ModelTrial {

    private ModelTrial() {}

    static ProbeVerdict run(ModelEngine engine, Path unpacked) {
        try (LoadedModel model = engine.load(engine.locate(unpacked))) {
            var checks = new ArrayList<Check>();
            // An engine loads nothing that reads files, runs programs or brings code of its own.
            checks.add(new Check("operations", "none reaches outside of the model"));
            return tryAll(model, checks);
        } catch (MillraceException e) {
            return new ProbeVerdict.Rejected(e.text(), !e.code().isTransient());
        }
    }

    private static ProbeVerdict tryAll(LoadedModel model, List<Check> checks) {
        var tried = new ArrayList<ProbeVerdict.TriedSignature>();
        boolean isKnownToFail = true;
        for (Signature signature : model.signatures()) {
            switch (new SignatureTrial(model, signature, checks).run()) {
                case SignatureTrial.Outcome.Unfit(String reason) -> {
                    return new ProbeVerdict.Rejected(
                            "signature '" + signature.name() + "' " + reason, true);
                }
                case SignatureTrial.Outcome.Tried(ProbeVerdict.TriedSignature result) -> {
                    tried.add(result);
                    isKnownToFail &= !result.hasRun() && TrialInputs.isFullyKnown(signature);
                }
            }
        }
        if (isKnownToFail) {
            return new ProbeVerdict.Rejected(
                    "the model fails on zeros: " + tried.getFirst().note(), true);
        }
        return new ProbeVerdict.Accepted(tried, checks);
    }
}
