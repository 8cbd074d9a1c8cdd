package io.millrace.client;

import tools.jackson.databind.JsonNode;

/**
 * A version of a model that the server has accepted.
 *
 * @param version its number
 * @param state such as {@code Ready}
 * @param message what the server says about it, may be empty
 * @param sha256 of the content, in hexadecimal
 * @param sizeBytes of the files unpacked
 * @param signature its inputs and outputs, for people
 * @param json the whole answer
 */
public record UploadedVersion(
        int version,
        String state,
        String message,
        String sha256,
        long sizeBytes,
        String signature,
        JsonNode json) {

    static UploadedVersion of(JsonNode node) {
        return new UploadedVersion(
                node.path("version").asInt(0),
                node.path("state").asString(""),
                node.path("message").asString(""),
                node.path("sha256").asString(""),
                node.path("sizeBytes").asLong(0),
                node.path("signature").asString(""),
                node);
    }
}
