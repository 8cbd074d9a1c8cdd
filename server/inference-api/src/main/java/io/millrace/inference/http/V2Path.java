package io.millrace.inference.http;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceName;
import io.millrace.api.VersionRef;
import java.util.Arrays;

/**
 * What stands after {@code /v2/models/}.
 *
 * @param model the model's name
 * @param version a number or an alias; serving when none is named
 * @param verb {@code infer}, {@code ready}, {@code requests}; empty for none
 */
record V2Path(ResourceName model, VersionRef version, String verb) {

    private static final String VERSIONS = "versions";

    /**
     * Reads {@code m}, {@code m/infer}, {@code m/versions/1}, {@code m/versions/production/ready}.
     *
     * @param path decoded
     * @throws MillraceException {@code NOT_FOUND} when it is nothing of these
     */
    static V2Path parse(String path) {
        String[] parts = path.split("/", -1);
        int next = 1;
        VersionRef version = new VersionRef.Serving();
        if (parts.length > 2 && parts[1].equals(VERSIONS) && !parts[2].isEmpty()) {
            version = VersionRef.parse(parts[2]);
            next = 3;
        }
        String[] rest = Arrays.copyOfRange(parts, next, parts.length);
        String verb = rest.length == 0 ? "" : rest[0];
        boolean isKnown =
                switch (verb) {
                    case "infer", "ready" -> true;
                    case "requests" -> next == 1; // of all versions
                    default -> rest.length == 0;
                };
        if (rest.length > 1 || !isKnown) {
            throw MillraceException.notFound("There is nothing at /v2/models/" + path);
        }
        return new V2Path(Requests.model(parts[0]), version, verb);
    }
}
