package io.millrace.cli;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import java.io.IOException;
import java.nio.file.Files;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A resource that a command declares from its options. */
final class Declaration {

    private final CliContext context;
    private final ResourceKey key;
    private final ObjectNode manifest = JsonMapper.shared().createObjectNode();

    Declaration(CliContext context, Kind kind, String name) {
        this.context = context;
        this.key = ResourceKey.of(kind, context.project(), new ResourceName(name));
        manifest.put("apiVersion", "millrace.io/v1").put("kind", kind.label());
        metadata().put("name", name).put("project", context.project().value());
    }

    ResourceKey key() {
        return key;
    }

    /** As users would have written it. */
    ObjectNode manifest() {
        return manifest;
    }

    ObjectNode metadata() {
        return manifest.withObject("/metadata");
    }

    ObjectNode spec() {
        return manifest.withObject("/spec");
    }

    /** The content of a file that is named on the command line. */
    String content(String file) {
        try {
            return Files.readString(context.resolve(file));
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, file + " cannot be read: " + e.getMessage(), e);
        }
    }
}
