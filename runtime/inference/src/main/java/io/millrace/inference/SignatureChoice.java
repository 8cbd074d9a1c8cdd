package io.millrace.inference;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Signature;
import java.util.List;

/** Which signature a caller means. */
public final class SignatureChoice {

    private SignatureChoice() {}

    /**
     * Finds a signature by name. Nothing, or the default's name, also means the only one: models
     * are exported under any name, and their callers name none.
     *
     * @throws MillraceException {@code NOT_FOUND}, naming those there are
     */
    public static Signature choose(List<Signature> signatures, String name) {
        String wanted = name.isEmpty() ? Signature.DEFAULT : name;
        for (int i = 0; i < signatures.size(); i++) {
            Signature signature = signatures.get(i);
            if (signature.name().equals(wanted)) {
                return signature;
            }
        }
        if (signatures.size() == 1 && wanted.equals(Signature.DEFAULT)) {
            return signatures.getFirst();
        }
        throw MillraceException.notFound(
                "the model has no signature '"
                        + wanted
                        + "'; it has "
                        + signatures.stream().map(Signature::name).toList());
    }
}
