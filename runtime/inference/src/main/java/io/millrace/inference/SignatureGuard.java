package io.millrace.inference;

import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether callers of one version can go on with another. Inputs go to a model by position, so their
 * order counts, too.
 */
final class SignatureGuard {

    private SignatureGuard() {}

    /**
     * The first difference that callers would notice.
     *
     * @param candidate the version that would take over
     * @param serving the version in service
     * @return what differs, for people; empty when nothing does
     */
    static String difference(
            List<Signature> candidate, int serving, List<Signature> servingSignatures) {
        for (Signature before : servingSignatures) {
            Signature after = find(candidate, before.name());
            if (after == null) {
                return "it has no signature '%s', which version %d has"
                        .formatted(before.name(), serving);
            }
            String difference = compare("input", after.inputs(), serving, before.inputs());
            if (difference.isEmpty()) {
                difference = compare("output", after.outputs(), serving, before.outputs());
            }
            if (!difference.isEmpty()) {
                return difference;
            }
        }
        return "";
    }

    private static @Nullable Signature find(List<Signature> signatures, String name) {
        for (Signature signature : signatures) {
            if (signature.name().equals(name)) {
                return signature;
            }
        }
        return null;
    }

    private static String compare(
            String what, List<TensorSpec> candidate, int serving, List<TensorSpec> before) {
        List<String> names = candidate.stream().map(TensorSpec::name).toList();
        List<String> namesBefore = before.stream().map(TensorSpec::name).toList();
        if (!names.equals(namesBefore)) {
            return "its %ss are %s, version %d's are %s"
                    .formatted(what, names, serving, namesBefore);
        }
        for (int i = 0; i < candidate.size(); i++) {
            TensorSpec mine = candidate.get(i);
            TensorSpec theirs = before.get(i);
            if (!mine.equals(theirs)) {
                return "its %s '%s' is %s%s, version %d's is %s%s"
                        .formatted(
                                what,
                                mine.name(),
                                mine.type().plainName(),
                                mine.shape(),
                                serving,
                                theirs.type().plainName(),
                                theirs.shape());
            }
        }
        return "";
    }
}
