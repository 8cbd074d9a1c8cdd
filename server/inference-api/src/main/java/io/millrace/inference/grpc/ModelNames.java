package io.millrace.inference.grpc;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceName;
import io.millrace.inference.protocol.OpenInference;

/** Names of models as callers write them. */
final class ModelNames {

    private ModelNames() {}

    /** A model's name; there must be one. */
    static ResourceName parse(String name) {
        if (name.isEmpty()) {
            throw MillraceException.invalid("the request names no model");
        }
        return OpenInference.model(name);
    }
}
