package io.millrace.codec.json;

import io.millrace.api.tensor.Signature;

/** Finds the signature that a request names. */
@FunctionalInterface
public interface SignatureLookup {

    /**
     * The signature of a name.
     *
     * @param name empty when the request names none
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND}
     */
    Signature find(String name);
}
