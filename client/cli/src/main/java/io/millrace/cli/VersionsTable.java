package io.millrace.cli;

import java.util.List;
import tools.jackson.databind.JsonNode;

/** The versions of a model as its status tells them. */
final class VersionsTable {

    private VersionsTable() {}

    static Table of(JsonNode versions) {
        var table =
                new Table(
                        List.of(
                                "VERSION",
                                "STATE",
                                "LOADED",
                                "SIZE",
                                "SHA256",
                                "SIGNATURE",
                                "MESSAGE"));
        for (JsonNode version : versions) {
            String sha256 = version.path("sha256").asString("");
            long size = version.path("sizeBytes").asLong(0);
            table.add(
                    List.of(
                            version.path("version").asString(""),
                            version.path("state").asString(""),
                            version.path("loaded").asBoolean(false) ? "yes" : "no",
                            size == 0 ? "" : Sizes.of(size),
                            sha256.substring(0, Math.min(12, sha256.length())),
                            version.path("signature").asString(""),
                            version.path("message").asString("")));
        }
        return table;
    }
}
