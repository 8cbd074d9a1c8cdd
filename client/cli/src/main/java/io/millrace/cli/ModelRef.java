package io.millrace.cli;

import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import java.util.OptionalInt;

/**
 * A model, or one version of it, as a user names it: {@code digits} or {@code digits:2}.
 *
 * @param name of the model
 * @param version its number; empty for the model as a whole
 */
record ModelRef(ResourceName name, OptionalInt version) {

    static ModelRef parse(String text) {
        int colon = text.indexOf(':');
        return colon < 0
                ? new ModelRef(new ResourceName(text), OptionalInt.empty())
                : new ModelRef(
                        new ResourceName(text.substring(0, colon)),
                        OptionalInt.of(version(text, text.substring(colon + 1))));
    }

    private static int version(String text, String number) {
        try {
            int version = Integer.parseInt(number);
            if (version > 0) {
                return version;
            }
        } catch (NumberFormatException _) {
            // the same answer as for a number that no version has
        }
        throw MillraceException.invalid(
                "expected a model or a version of it, as in digits:2, got '" + text + "'");
    }

    ResourceKey key(ProjectId project) {
        return ResourceKey.of(Kind.MODEL, project, name);
    }

    /** As in {@code Model/digits version 2}. */
    String label() {
        String model = Kind.MODEL.label() + "/" + name;
        return version.isPresent() ? model + " version " + version.getAsInt() : model;
    }
}
