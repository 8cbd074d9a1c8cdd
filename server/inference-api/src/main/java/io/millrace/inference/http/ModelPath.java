package io.millrace.inference.http;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceName;
import io.millrace.api.VersionRef;

/**
 * What stands after {@code /v1/models/}.
 *
 * @param model the model's name
 * @param version which version
 * @param verb what follows the colon, or {@code metadata}; empty for none
 */
record ModelPath(ResourceName model, VersionRef version, String verb) {

    private static final String METADATA = "/metadata";

    /**
     * Reads {@code m}, {@code m:predict}, {@code m/versions/1:infer}, {@code m/labels/production},
     * {@code m/metadata}.
     *
     * @param path decoded
     * @throws MillraceException {@code NOT_FOUND} when it is nothing of these
     */
    static ModelPath parse(String path) {
        int colon = path.lastIndexOf(':');
        String verb = "";
        String target = path;
        if (colon > path.lastIndexOf('/')) {
            verb = path.substring(colon + 1);
            target = path.substring(0, colon);
        } else if (path.endsWith(METADATA)) {
            verb = METADATA.substring(1);
            target = path.substring(0, path.length() - METADATA.length());
        }
        String[] parts = target.split("/", -1);
        VersionRef version = version(path, parts);
        return new ModelPath(Requests.model(parts[0]), version, verb);
    }

    private static VersionRef version(String path, String[] parts) {
        if (parts.length == 1) {
            return new VersionRef.Serving();
        }
        if (parts.length == 3 && parts[1].equals("versions")) {
            if (VersionRef.parse(parts[2]) instanceof VersionRef.Numbered numbered) {
                return numbered;
            }
            throw MillraceException.invalid(
                    "a version is a positive number; for a name use labels/" + parts[2]);
        }
        if (parts.length == 3 && parts[1].equals("labels") && !parts[2].isEmpty()) {
            return new VersionRef.Alias(parts[2]);
        }
        throw MillraceException.notFound("There is nothing at /v1/models/" + path);
    }
}
