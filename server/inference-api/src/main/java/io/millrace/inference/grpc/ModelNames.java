package io.millrace.inference.grpc;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceName;

/** Names of models as callers write them. */
final class ModelNames {

    private ModelNames() {}

    /** A name that no model can have is one that does not exist. */
    static ResourceName parse(String name) {
        if (name.isEmpty()) {
            throw MillraceException.invalid("the request names no model");
        }
        try {
            return new ResourceName(name);
        } catch (MillraceException e) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND, "Model with name " + name + " does not exist.", e);
        }
    }
}
